// Rows of a form's rosters: each new one gets the ids it needs, a removed one can come back with all that was said in it.
import { untrack } from 'solid-js';
import type { FormDocument } from '../data/documents.ts';
import { newCaseId, newId, newPersonId } from '../data/identity.ts';
import type { Instance } from './engine.ts';
import { namingQuestion, type Group, type Item, type Roster } from './items.ts';
import { idsOfNewRow } from './prefill.ts';

export interface RemovedRow {
  roster: Roster;
  index: number;
  answers: Record<string, string>;
}

export class Rosters {
  constructor(
    private readonly form: FormDocument,
    private readonly instance: Instance,
  ) {}

  /** Gives every row its ids. The form begins with one blank row: right for a list of names to write, wrong for people whom only the records can name. */
  furnish(restored: boolean): void {
    untrack(() => {
      for (const roster of rostersOf(this.instance.items)) {
        const rows = roster.rows();
        for (const row of rows) this.giveIds(roster, row);
        if (!restored && roster.open && rows.length === 1 && !namingQuestion(rows[0]!) && this.isBlank(rows[0]!)) this.instance.remove(roster, 0);
      }
    });
  }

  add(roster: Roster): Group {
    const row = this.instance.add(roster);
    this.giveIds(roster, row);
    return row;
  }

  remove(roster: Roster, index: number): RemovedRow {
    const removed = { roster, index, answers: this.instance.answersIn(untrack(() => roster.rows()[index]!)) };
    this.instance.remove(roster, index);
    return removed;
  }

  putBack({ roster, index, answers }: RemovedRow): void {
    const row = this.instance.add(roster, Math.min(index, untrack(() => roster.rows().length)));
    const path = untrack(row.path);
    for (const [inside, text] of Object.entries(answers)) this.instance.set(path + inside, text);
  }

  private giveIds(roster: Roster, row: Group): void {
    const path = untrack(row.path);
    const has = this.instance.answersIn(row);
    for (const [name, id] of Object.entries(idsOfNewRow(this.form, withoutIndexes(untrack(roster.path)), makeId))) if (!has[`/${name}`]) this.instance.set(`${path}/${name}`, id);
  }

  private isBlank(row: Group): boolean {
    const ids = new Set(Object.keys(idsOfNewRow(this.form, withoutIndexes(row.path()), makeId)));
    return Object.keys(this.instance.answersIn(row)).every((path) => ids.has(path.slice(1)));
  }
}

/** A new record's id, of the kind that its records have. */
export const makeId = (kind: string): string => (kind === 'person' ? newPersonId() : kind === 'quarantine_case' ? newCaseId() : `${kind}:${newId()}`);

const withoutIndexes = (path: string): string => path.replace(/\/\d+(?=\/|$)/g, '');

function rostersOf(items: readonly Item[]): Roster[] {
  return items.flatMap((item): Roster[] => {
    if (item.kind === 'question') return [];
    if (item.kind === 'group') return rostersOf(item.items());
    return [item, ...item.rows().flatMap((row) => rostersOf(row.items()))];
  });
}
