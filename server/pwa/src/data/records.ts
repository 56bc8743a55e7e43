// The records of the worker's areas in memory: an index kept on disk as one `_local` document per area, so that the list
// of doors is there at once, then brought up to date from the area's own changes.
import { createMemo, createRoot, createSignal } from 'solid-js';
import { type Database, type Databases, readLocal, writeLocal } from './databases.ts';
import type { AreaDocument, FormDocument, RecordDocument } from './documents.ts';
import { isFact, overlay, type Row, rowOf } from './rows.ts';
import { propertiesOf, slotsOf } from './schedule.ts';
import { t } from '../i18n/index.ts';
import { tellForms } from './session.ts';
import { seeClocks, sheets } from './submissions.ts';
import { whole, type WholeRecord } from './whole.ts';

const INDEX = 'index';
const INDEX_SHAPE = 3; // change it when Row changes: the index is then made anew
const CHANGES_BATCH_SIZE = 1_000;
const FORMS_TOLD_MAX = 100;

interface AreaIndex {
  shape: number;
  /** what the forms' schedules ask of records: with other slots the index is made anew */
  asked?: string;
  sequence: number | string;
  rows: Row[];
  area: AreaDocument | null;
}

const [indexes, setIndexes] = createSignal<ReadonlyMap<string, AreaIndex>>(new Map());
const [forms, setForms] = createSignal<ReadonlyMap<string, FormDocument>>(new Map());
const [loaded, setLoaded] = createSignal(false);
/** False until the index has been read: until then the screens show their skeletons. */
export { forms, loaded };

const merged = createRoot(() =>
  createMemo(() => {
    const all = new Map<string, Row>();
    for (const index of indexes().values()) for (const row of index.rows) all.set(row.id, row);
    return all;
  }),
);
/** Every record by id, with this phone's unmerged values over it. */
export const rows = createRoot(() => createMemo(() => overlay(merged(), sheets(), formOf)));
export function formOf(form: string, version: string): FormDocument | undefined {
  return forms().get(`form:${form}:${version}`);
}

/** Areas by id. */
export const areas = createRoot(() => createMemo(() => new Map([...indexes().values()].flatMap(({ area }) => (area ? [[area._id.replace(/^area:/, ''), area] as const] : [])))));

/** What the current forms ask for day by day. */
export const slots = createRoot(() => createMemo(() => slotsOf(forms().values())));

export const peopleOf = createRoot(() => createMemo(() => byHousehold('person')));
export const casesOf = createRoot(() => createMemo(() => byHousehold('quarantine_case')));

/** The newest published version of a form. */
export function currentForm(id: string): FormDocument | undefined {
  let best: FormDocument | undefined;
  for (const form of forms().values()) if (form.form === id && form.current && (!best || form.version.localeCompare(best.version, 'en', { numeric: true }) > 0)) best = form;
  return best;
}

/** The version of each form that this phone opens: what the office sees of it. */
export function heldForms(): Record<string, string> {
  const names = [...new Set([...forms().values()].map(({ form }) => form))].slice(0, FORMS_TOLD_MAX);
  return Object.fromEntries(names.flatMap((name) => currentForm(name) ?? []).map(({ form, version }) => [form, version]));
}

export function workerName(worker: string): string {
  for (const area of areas().values()) if (area.workers[worker]) return area.workers[worker];
  return t('household.office'); // the area names those who work in it
}

let databases: Databases | null = null;

/** Where the forms and their files lie; null while nobody is signed in. */
export function formsDatabase(): Database | null {
  return databases?.forms ?? null;
}

export async function openRecords(opened: Databases): Promise<void> {
  databases = opened;
  const read = await Promise.all([...opened.areas].map(async ([name, database]) => [name, await readLocal<AreaIndex>(database, INDEX)] as const));
  setIndexes(new Map(read.flatMap(([name, index]) => (index && index.shape === INDEX_SHAPE ? [[name, index] as const] : []))));
  setLoaded([...indexes().values()].length > 0);
  await reloadForms();
  tellForms(heldForms);
  for (const name of opened.areas.keys()) await refreshArea(name);
  setLoaded(true);
}

export async function reloadForms(): Promise<void> {
  if (!databases) return;
  const { rows: found } = await databases.forms.allDocs({ include_docs: true, startkey: 'form:', endkey: 'form:\uffff' });
  setForms(new Map(found.flatMap((row) => ('doc' in row && row.doc ? [[row.id, row.doc as unknown as FormDocument] as const] : []))));
  const wanted = askedText();
  for (const [name, index] of indexes()) if ((index.asked ?? '') !== wanted) await refreshArea(name);
}

/** Takes in what changed in the area's local copy since the index was last kept. */
export async function refreshArea(name: string): Promise<void> {
  const database = databases?.areas.get(name);
  if (!database) return;
  const wanted = askedText();
  const known = indexes().get(name);
  const before = known && (known.asked ?? '') === wanted ? known : { shape: INDEX_SHAPE, asked: wanted, sequence: 0, rows: [], area: null };
  const next = await changesOnto(database, before);
  if (next === known) return;
  setIndexes(new Map(indexes()).set(name, next));
  await writeLocal(database, INDEX, next);
  await seeClocks(next.rows.map((row) => row.clock));
}

export function forgetAreas(kept: string[]): void {
  setIndexes(new Map([...indexes()].filter(([name]) => kept.includes(name))));
}

/** Whole records from the phone's disk; ids it does not hold are left out. */
export async function readRecords(ids: string[]): Promise<RecordDocument[]> {
  const found = new Map<string, RecordDocument>();
  for (const database of databases?.areas.values() ?? []) {
    if (found.size === ids.length) break;
    const { rows: answered } = await database.allDocs({ keys: ids, include_docs: true });
    for (const row of answered) if ('doc' in row && row.doc) found.set(row.id, row.doc as unknown as RecordDocument);
  }
  return ids.flatMap((id) => found.get(id) ?? []);
}

/** Records as this phone knows them, its own unmerged answers laid over; ids that nobody knows are left out. */
export async function wholeRecords(ids: string[]): Promise<WholeRecord[]> {
  const merged = new Map((await readRecords(ids)).map((record) => [record._id, record]));
  return ids.flatMap((id) => {
    const row = rows().get(id);
    return row ? [whole(row, merged.get(id) ?? null, sheets(), formOf)] : [];
  });
}

export function closeRecords(): void {
  databases = null;
  tellForms(() => null);
  setIndexes(new Map());
  setForms(new Map());
  setLoaded(false);
}

/** Properties that slots ask for and rows do not have anyway, as one text. */
function askedText(): string {
  return [...propertiesOf(slots())].flatMap(([kind, names]) => [...names].filter((name) => !isFact(kind, name)).map((name) => `${kind}#${name}`)).sort().join(' ');
}

async function changesOnto(database: Database, index: AreaIndex): Promise<AreaIndex> {
  const asked = propertiesOf(slots());
  let { sequence, area } = index;
  let changed = false;
  const byId = new Map(index.rows.map((row) => [row.id, row]));
  for (;;) {
    const { results, last_seq } = await database.changes({ since: sequence, limit: CHANGES_BATCH_SIZE, include_docs: true });
    for (const { id, deleted, doc } of results) {
      changed = true;
      if (id.startsWith('area:')) area = deleted ? null : (doc as unknown as AreaDocument);
      else if (deleted) byId.delete(id);
      else if ((doc as unknown as RecordDocument).type === 'record') byId.set(id, rowOf(doc as unknown as RecordDocument, asked.get((doc as unknown as RecordDocument).kind)));
    }
    sequence = last_seq;
    if (results.length < CHANGES_BATCH_SIZE) break;
  }
  return changed ? { ...index, sequence, rows: [...byId.values()], area } : index;
}

function byHousehold(kind: Row['kind']): Map<string, Row[]> {
  const found = new Map<string, Row[]>();
  for (const row of rows().values()) {
    if (row.kind !== kind) continue;
    const household = row.facts.household;
    if (typeof household !== 'string') continue;
    const group = found.get(household);
    if (group) group.push(row);
    else found.set(household, [row]);
  }
  return found;
}
