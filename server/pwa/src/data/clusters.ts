// Records that people in the office made one (docs/architecture.md, "Links and moves"): the lists show the one, and whatever names a member shows with it. Pure.
import type { RecordDocument, Vector } from './documents.ts';
import { namingOnes, type Row } from './rows.ts';

/** A record that is shown in another one. */
export interface Linked {
  id: string;
  one: string;
  label: string;
  version: Vector;
}

/** Member → the one that stands for it. What is not in here stands for itself. */
export type Ones = ReadonlyMap<string, string>;

export function linkedOf(record: RecordDocument): Linked | null {
  return record.linked_to === undefined ? null : { id: record._id, one: record.linked_to, label: record.label, version: record.version ?? {} };
}

/** Two areas may have been synced at different times, so links may follow each other; a circle ends where it began. */
export function onesOf(rows: Iterable<Row>, linked: Iterable<Linked>): Ones {
  const next = new Map<string, string>();
  for (const { id, one } of linked) next.set(id, one);
  for (const row of rows) for (const member of row.members ?? []) if (member !== row.id) next.set(member, row.id);
  const ones = new Map<string, string>();
  for (const id of next.keys()) {
    const passed = new Set([id]);
    let one = id;
    for (let after = next.get(one); after !== undefined && !passed.has(after); after = next.get(one)) passed.add((one = after));
    if (one !== id && next.get(one) === undefined) ones.set(id, one);
  }
  return ones;
}

/** The rows without the members of others, each naming the ones; found also by the names that its members are registered as. */
export function asOne(rows: ReadonlyMap<string, Row>, linked: Iterable<Linked>, ones: Ones): ReadonlyMap<string, Row> {
  if (ones.size === 0) return rows;
  const names = new Map<string, string>();
  for (const { id, label } of linked) {
    const one = ones.get(id);
    if (one !== undefined) names.set(one, `${names.get(one) ?? ''} ${label.toLowerCase()}`);
  }
  const shown = new Map<string, Row>();
  for (const [id, row] of rows) {
    if (ones.has(id)) continue;
    const facts = namingOnes(row.facts, (member) => ones.get(member) ?? member);
    const name = names.get(id);
    shown.set(id, facts === row.facts && name === undefined ? row : { ...row, facts, search: row.search + (name ?? '') });
  }
  return shown;
}

/** What the people at the door may know it by: the names of its members that differ from its own. */
export function otherNames(row: Row, linked: Iterable<Linked>, ones: Ones): string[] {
  const names = new Set<string>();
  for (const { id, label } of linked) if (ones.get(id) === row.id && label !== '' && label !== row.label) names.add(label);
  return [...names];
}
