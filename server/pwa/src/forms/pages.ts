// How a form becomes screens: one group of questions a screen; a repeat is a list of names first and then a run of screens for each row. Pure.
//
// - Loose questions that stand together are a screen, and so is a group without groups in it.
// - A group or repeat with the appearance `field-list` is one screen whatever it holds; a repeat there shows each row as a card.
// - What is not relevant has no screen.
import { isAsked, namingQuestion, type Group, type Item, type Question, type Roster } from './items.ts';

export interface Page {
  /** stable while the form is open and written into drafts: /members/1/health, /members/1#0 for loose questions */
  key: string;
  kind: 'questions' | 'roster' | 'review';
  title: string;
  /** the section that the progress line counts */
  section: string;
  items: Item[];
  /** the rows that this page belongs to, outermost first */
  rows: { roster: Roster; row: Group; index: number }[];
}

export interface Section {
  key: string;
  title: string;
  pages: Page[];
}

export const REVIEW: Page = { key: '#review', kind: 'review', title: '', section: '#review', items: [], rows: [] };

export function pagesOf(items: readonly Item[]): Page[] {
  return [...walk(items, { at: '', title: '', section: '', rows: [] }), REVIEW];
}

/** The pages now, each the same object as before where nothing about it changed: what was made for a page is not made again. */
export function samePages(before: readonly Page[], now: readonly Page[]): Page[] {
  const known = new Map(before.map((page) => [page.key, page]));
  return now.map((page) => {
    const old = known.get(page.key);
    return old && isSame(old, page) ? old : page;
  });
}

function isSame(one: Page, other: Page): boolean {
  return (
    one.kind === other.kind &&
    one.title === other.title &&
    one.section === other.section &&
    one.items.length === other.items.length &&
    one.items.every((item, index) => item === other.items[index]) &&
    one.rows.length === other.rows.length &&
    one.rows.every((at, index) => at.row === other.rows[index]!.row && at.index === other.rows[index]!.index)
  );
}

export function sectionsOf(pages: readonly Page[]): Section[] {
  const sections: Section[] = [];
  for (const page of pages) {
    if (page.kind === 'review') continue;
    const last = sections.at(-1);
    if (last?.key === page.section) last.pages.push(page);
    else sections.push({ key: page.section, title: page.rows[0]?.roster.label() || page.title, pages: [page] });
  }
  return sections;
}

/** The questions that a page asks, those of its cards too. */
export function askedOn(page: Page): Question[] {
  if (page.kind === 'roster') {
    const roster = page.items[0] as Roster;
    return roster.rows().flatMap((row) => namingQuestion(row) ?? []);
  }
  return asked(page.items);
}

interface Place {
  at: string;
  title: string;
  section: string;
  rows: Page['rows'];
}

function walk(items: readonly Item[], place: Place): Page[] {
  const pages: Page[] = [];
  let loose: Item[] = [];
  let runs = 0;
  const flush = () => {
    if (asked(loose).length > 0) {
      const key = `${place.at}#${runs}`;
      pages.push({ key, kind: 'questions', title: place.title, section: place.section || key, items: loose, rows: place.rows });
    }
    runs += 1;
    loose = [];
  };
  for (const item of items) {
    if (!item.relevant()) continue;
    if (item.kind === 'question') {
      loose.push(item);
      continue;
    }
    if (item.kind === 'roster' && !item.open && item.rows().length === 0) continue;
    flush();
    const at = item.path();
    const inside = { at, title: item.label() || place.title, section: place.section || at, rows: place.rows };
    if (item.kind === 'roster') pages.push(...(item.appearance.has('field-list') ? onePage([item], inside) : rosterPages(item, inside)));
    else if (item.appearance.has('field-list') || item.items().every((child) => child.kind === 'question')) pages.push(...onePage(item.items(), inside));
    else pages.push(...walk(item.items(), inside));
  }
  flush();
  return pages;
}

function onePage(items: readonly Item[], place: Place): Page[] {
  const shown = items.filter((item) => item.relevant());
  const empty = asked(shown).length === 0 && !shown.some((item) => item.kind === 'roster');
  return empty ? [] : [{ key: place.at, kind: 'questions', title: place.title, section: place.section, items: shown, rows: place.rows }];
}

function rosterPages(roster: Roster, place: Place): Page[] {
  const names: Page = { key: place.at, kind: 'roster', title: place.title, section: place.section, items: [roster], rows: place.rows };
  const details = roster.rows().flatMap((row, index) => {
    const naming = namingQuestion(row);
    const rest = row.items().filter((item) => item !== naming);
    return walk(rest, { at: row.path(), title: '', section: place.section, rows: [...place.rows, { roster, row, index }] });
  });
  return [names, ...details];
}

function asked(items: readonly Item[]): Question[] {
  return items.flatMap((item) => {
    if (!item.relevant()) return [];
    if (item.kind === 'question') return isAsked(item) ? [item] : [];
    return item.kind === 'group' ? asked(item.items()) : item.rows().flatMap((row) => asked(row.items()));
  });
}
