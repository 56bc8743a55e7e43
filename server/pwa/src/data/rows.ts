// What the lists need of each record, and what they say of it. Pure: no database, no clock of its own.
//
// A row is a record in brief. Over the rows lie the values of this phone's own submissions that the centre has not
// merged yet, each marked, so that a door surveyed in a cellar shows what was found there at once.
import type { AnswerValue, Answers, Came, FormDocument, FormEntity, RecordDocument, RecordKind, Vector } from './documents.ts';
import type { Sheet } from './submissions.ts';

export interface Row {
  id: string;
  kind: RecordKind;
  area: string;
  label: string;
  search: string;
  facts: Record<string, AnswerValue>;
  /** newest clock that went into the record */
  clock: string;
  /** own submissions whose values lie over it: not merged at the centre yet */
  pending: string[];
  /** what has gone into it; none for a record that only this phone knows */
  version?: Vector;
  /** the records that are one in it, itself among them */
  members?: string[];
  moved?: Came;
}

/** What the overlay asks of the records held. */
export interface Known {
  /** the record that stands for this one: see clusters.ts */
  one(id: string): string;
  /** it has left the areas of this phone */
  isGone(id: string): boolean;
  /** of a record or a member as it lies on this phone; undefined for one that does not */
  version(id: string): Vector | undefined;
}
export const EACH_FOR_ITSELF: Known = { one: (id) => id, isGone: () => false, version: () => undefined };

export type DoorState = 'never' | 'done' | 'call_back' | 'nobody_home' | 'refused' | 'sealed_or_moved' | 'other' | 'quarantined';

const FACTS: Record<RecordKind, string[]> = {
  household: ['building', 'unit', 'room', 'ordinal', 'phone', 'outcome', 'come_again', 'call_back_at', 'visited_at', 'needs', 'member_count', 'fever_count'],
  person: ['household', 'name', 'phone', 'sex', 'birth_year', 'relation', 'kind', 'temperature', 'health_code', 'vulnerable'],
  quarantine_case: ['household', 'person', 'place', 'starts_on', 'ends_on', 'released_on', 'first_contact_at', 'morning_at', 'evening_at', 'seal_at', 'temperature', 'seal_state'],
  visit: ['household', 'attempt', 'outcome', 'visited_at', 'call_back_at', 'come_again'],
  premises: ['name', 'kind', 'address', 'contact_name', 'phone', 'inspected_at', 'status'],
  pass: ['household', 'pass_number', 'kind', 'holder_name', 'plate', 'colour', 'valid_from', 'valid_to', 'out_at', 'in_at', 'overrun_minutes', 'status'],
  problem: ['household', 'premises', 'kind', 'description', 'owner_name', 'found_at', 'status'],
  service_request: ['household', 'kind', 'description', 'urgency', 'requester_name', 'phone', 'requested_at', 'claimed_by', 'status'],
  duty_shift: ['post', 'place', 'staff_name', 'checked_in_at', 'checked_out_at', 'status'],
};

/** Whether rows of this kind have this property whatever the forms ask for. */
export function isFact(kind: RecordKind, name: string): boolean {
  return (FACTS[kind] ?? []).includes(name);
}

/** `asked`: properties that the forms' schedules ask for besides. */
export function rowOf(record: RecordDocument, asked: Iterable<string> = []): Row {
  const facts: Row['facts'] = {};
  for (const name of new Set([...(FACTS[record.kind] ?? []), ...asked])) {
    const field = record.fields[name];
    if (field !== undefined && field.value !== null && field.value !== '') facts[name] = field.value;
  }
  const version = record.version ?? {};
  let clock = '';
  for (const seen of Object.values(version)) if (seen > clock) clock = seen;
  const row: Row = { id: record._id, kind: record.kind, area: record.area, label: record.label, search: record.search ?? '', facts, clock, pending: [], version };
  if (record.members !== undefined && record.members.length > 1) row.members = record.members;
  if (record.moved !== undefined) row.moved = record.moved;
  return row;
}

// ---- the phone's own unmerged values

export interface Said {
  id: string;
  kind: RecordKind;
  facts: Answers;
}

/** What a submission says of each record, read with its form's entities. Blank answers are left out: they say nothing. */
export function saidBy(answers: Answers, form: Pick<FormDocument, 'entities'>): Said[] {
  return form.entities.flatMap((entity) => {
    const items = entity.repeat === null ? [undefined] : asItems(at(answers, entity.repeat));
    return items.flatMap((item) => {
      const id = value(answers, entity, entity.id, item);
      if (typeof id !== 'string' || id === '') return [];
      const facts: Answers = {};
      for (const [property, path] of Object.entries(entity.properties)) {
        const answer = value(answers, entity, path, item);
        if (answer !== undefined && answer !== null && answer !== '') facts[property] = answer;
      }
      return [{ id, kind: entity.kind, facts }];
    });
  });
}

/** Whether the centre has neither taken this submission in nor turned it down. */
export function isUnmerged(sheet: Sheet): boolean {
  return ['waiting', 'sent', 'needs_fixing', 'returned', 'waits_for_former', 'waits_for_office'].includes(sheet.state.state);
}

/** Of what a submission says, that which the records on this phone do not hold yet: all of it until it is accepted, then what the next sync will bring. */
export function notIn(sheet: Sheet, form: Pick<FormDocument, 'entities'>, version: Known['version']): readonly Said[] {
  if (isUnmerged(sheet)) return saidBy(sheet.submission.answers, form);
  if (sheet.state.state !== 'accepted') return [];
  const missing = new Set((sheet.receipt?.records ?? []).filter((record) => isMissing(record.version, version(record.id))).map(({ id }) => id));
  return missing.size === 0 ? [] : saidBy(sheet.submission.answers, form).filter(({ id }) => missing.has(id));
}

function isMissing(put: Vector, held: Vector | undefined): boolean {
  return held !== undefined && Object.entries(put).some(([device, clock]) => (held[device] ?? '') < clock);
}

export function overlay(
  rows: ReadonlyMap<string, Row>, sheets: Sheet[], formOf: (form: string, version: string) => Pick<FormDocument, 'entities'> | undefined, known = EACH_FOR_ITSELF,
): ReadonlyMap<string, Row> {
  const own = sheets.filter((sheet) => isUnmerged(sheet) || sheet.state.state === 'accepted').sort((a, b) => (a.submission.clock < b.submission.clock ? -1 : 1));
  let over: Map<string, Row> | null = null;
  for (const sheet of own) {
    const { submission } = sheet;
    const form = formOf(submission.form, submission.version);
    if (!form) continue;
    for (const said of notIn(sheet, form, known.version)) {
      const id = known.one(said.id);
      const before: Row | undefined = (over ?? rows).get(id);
      // What has left is not brought back by what is still to be sent about it, nor is anyone behind its door.
      if (!before && (known.isGone(id) || Object.values(said.facts).some((fact) => typeof fact === 'string' && known.isGone(fact)))) continue;
      const row = before ?? { id, kind: said.kind, area: submission.area, label: '', search: '', facts: {}, clock: submission.clock, pending: [] };
      const facts = { ...row.facts, ...namingOnes(said.facts, known.one) };
      (over ??= new Map(rows)).set(id, { ...row, facts, search: row.search || searchOf(facts), pending: isUnmerged(sheet) ? [...row.pending, submission._id] : row.pending });
    }
  }
  return over ?? rows;
}

function searchOf(facts: Row['facts']): string {
  return [facts.name, facts.phone, facts.building, facts.unit, facts.room, facts.description, facts.holder_name, facts.pass_number, facts.plate, facts.staff_name, facts.place].filter((part) => typeof part === 'string').join(' ').toLowerCase();
}

function value(answers: Answers, entity: FormEntity, path: string, item: Answers | undefined): AnswerValue | undefined {
  if (item !== undefined && entity.repeat !== null && path.startsWith(`${entity.repeat}/`)) return at(item, path.slice(entity.repeat.length));
  return at(answers, path);
}

function at(answers: Answers, path: string): AnswerValue | undefined {
  let here: AnswerValue | undefined = answers;
  for (const name of path.split('/').filter(Boolean)) {
    if (typeof here !== 'object' || here === null || Array.isArray(here)) return undefined;
    here = here[name];
  }
  return here;
}

function asItems(found: AnswerValue | undefined): Answers[] {
  return Array.isArray(found) ? found.filter((item): item is Answers => typeof item === 'object' && item !== null && !Array.isArray(item)) : [];
}

// ---- reading rows

export function text(row: Row, fact: string): string {
  const found = row.facts[fact];
  return found === undefined || found === null || typeof found === 'object' ? '' : String(found);
}

/** Isolated at home on this day: a case with its dates around it and no release. Dates are "2026-02-03". */
export function isInQuarantine(kase: Row, today: string): boolean {
  if (kase.kind !== 'quarantine_case' || kase.facts.released_on) return false;
  const starts = text(kase, 'starts_on');
  const ends = text(kase, 'ends_on');
  return (starts === '' || starts <= today) && (ends === '' || today <= ends);
}

export function doorState(household: Row, hasQuarantine: boolean): DoorState {
  if (hasQuarantine) return 'quarantined';
  switch (text(household, 'outcome')) {
    case '':
      return 'never';
    case 'done':
      return 'done';
    case 'call_back':
      return 'call_back';
    case 'nobody_home':
    case 'no_respondent':
      return 'nobody_home';
    case 'refused':
      return 'refused';
    case 'sealed_or_moved':
    case 'moved_out':
    case 'locked_lives_elsewhere':
    case 'merged_dwelling':
    case 'destroyed':
      return 'sealed_or_moved';
    default:
      return 'other';
  }
}

/** "1203" is on floor 12, "311" on floor 3; a house number has no floor. */
export function floorOf(room: string): number | null {
  const match = /^(\d{1,2})\d{2}$/.exec(room.trim());
  return match ? Number(match[1]) : null;
}

export const naturally = new Intl.Collator('zh-CN', { numeric: true }).compare;

export interface Floor {
  floor: number | null;
  doors: Row[];
}
export interface Unit {
  unit: string;
  floors: Floor[]; // the top one first, as the building stands
}
export interface Building {
  area: string;
  building: string;
  units: Unit[];
  doors: Row[];
}

/** Households as their buildings stand: building, unit, floor, room. */
export function buildings(rows: Iterable<Row>): Building[] {
  const found = new Map<string, Row[]>();
  for (const row of rows) {
    if (row.kind !== 'household') continue;
    const key = JSON.stringify([text(row, 'building'), row.area]);
    const doors = found.get(key);
    if (doors) doors.push(row);
    else found.set(key, [row]);
  }
  return [...found]
    .map(([key, doors]) => {
      const [building, area] = JSON.parse(key) as [string, string];
      return { building, area, units: unitsOf(doors), doors };
    })
    .sort((a, b) => naturally(a.building, b.building) || naturally(a.area, b.area));
}

function unitsOf(doors: Row[]): Unit[] {
  const units = groupBy(doors, (row) => text(row, 'unit'));
  return [...units]
    .sort(([a], [b]) => naturally(a, b))
    .map(([unit, rows]) => ({
      unit,
      floors: [...groupBy(rows, (row) => floorOf(text(row, 'room')))]
        .sort(([a], [b]) => (b ?? -1) - (a ?? -1))
        .map(([floor, onFloor]) => ({ floor, doors: onFloor.sort((a, b) => naturally(text(a, 'room'), text(b, 'room')) || naturally(text(a, 'ordinal'), text(b, 'ordinal'))) })),
    }));
}

export function groupBy<T, K>(items: Iterable<T>, key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}

/** What still wants something to be done: a problem not solved, a request not delivered, a shift that goes on, someone in quarantine. */
const OPEN_STATES = new Set(['open', 'doing', 'claimed', 'on_duty', 'valid', 'problems']);
export function isOpen(row: Row, today: string): boolean {
  return row.kind === 'quarantine_case' ? isInQuarantine(row, today) || (!row.facts.released_on && text(row, 'ends_on') < today) : OPEN_STATES.has(text(row, 'status'));
}

export const SEARCH_RESULTS_MAX = 60;

const SORTED_MAX = 300; // above it the query says too little for an order to matter
const inOrder = (found: Row[]) => (found.length > SORTED_MAX ? found : found.sort((a, b) => naturally(a.label, b.label)));

/** What a person looks for, word by word, however it was typed. */
export function wordsOf(query: string): string[] {
  return query.normalize('NFKC').toLowerCase().split(/\s+/).filter(Boolean);
}

/** Every word of the query must stand in the row: name, pinyin, initials, room, digits of a phone. Names that begin with it come first. */
export function search(rows: Iterable<Row>, query: string): Row[] {
  const words = wordsOf(query);
  if (words.length === 0) return [];
  const first: Row[] = [];
  const rest: Row[] = [];
  for (const row of rows) {
    if (row.kind !== 'household' && row.kind !== 'person') continue;
    const haystack = row.search;
    if (!words.every((word) => haystack.includes(word))) continue;
    const begins = words.every((word) => haystack.startsWith(word) || haystack.includes(` ${word}`));
    (begins ? first : rest).push(row);
  }
  return [...inOrder(first), ...inOrder(rest)].slice(0, SEARCH_RESULTS_MAX);
}

/** The same facts, where one of them is a member's id that of the one. */
export function namingOnes(facts: Answers, one: (id: string) => string): Answers {
  let changed: Answers | null = null;
  for (const [name, value] of Object.entries(facts)) {
    if (typeof value !== 'string') continue;
    const other = one(value);
    if (other !== value) (changed ??= { ...facts })[name] = other;
  }
  return changed ?? facts;
}
