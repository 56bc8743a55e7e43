// The records of the worker's areas in memory: an index kept on disk as one `_local` document per area, so that the list
// of doors is there at once, then brought up to date from the area's own changes.
import { createMemo, createRoot, createSignal } from 'solid-js';
import { asOne, type Linked, linkedOf, onesOf } from './clusters.ts';
import { type Database, type Databases, readLocal, writeLocal } from './databases.ts';
import type { AreaDocument, FormDocument, MovedDocument, RecordDocument, Text } from './documents.ts';
import { newest } from './clock.ts';
import { isFact, type Known, overlay, type Row, rowOf } from './rows.ts';
import { propertiesOf, slotsOf } from './schedule.ts';
import { t } from '../i18n/index.ts';
import { session, tellForms } from './session.ts';
import { seeClocks, sheets } from './submissions.ts';
import { whole, type WholeRecord } from './whole.ts';

const INDEX = 'index';
const INDEX_SHAPE = 4; // change it when Row changes: the index is then made anew
const CHANGES_BATCH_SIZE = 1_000;
const FORMS_TOLD_MAX = 100;

interface AreaIndex {
  shape: number;
  /** what the forms' schedules ask of records: with other slots the index is made anew */
  asked?: string;
  sequence: number | string;
  rows: Row[];
  /** members of other records: none of them is listed */
  linked: Linked[];
  /** what has left the area, and where it went */
  left: MovedDocument[];
  area: AreaDocument | null;
}

const [indexes, setIndexes] = createSignal<ReadonlyMap<string, AreaIndex>>(new Map());
const [forms, setForms] = createSignal<ReadonlyMap<string, FormDocument>>(new Map());
const [loaded, setLoaded] = createSignal(false);
/** False until the index has been read: until then the screens show their skeletons. */
export { forms, loaded };

const linked = createRoot(() => createMemo(() => [...indexes().values()].flatMap((index) => index.linked)));
const held = createRoot(() =>
  createMemo(() => {
    const all = new Map<string, Row>();
    // One that is shown in two areas: the copy that was synced later.
    for (const index of indexes().values()) for (const row of index.rows) if ((all.get(row.id)?.clock ?? '') <= row.clock) all.set(row.id, row);
    return all;
  }),
);
const ones = createRoot(() => createMemo(() => onesOf(held().values(), linked())));
const merged = createRoot(() => createMemo(() => asOne(held(), linked(), ones())));
const left = createRoot(() => createMemo(() => new Map([...indexes().values()].flatMap((index) => index.left.filter(({ _id }) => !held().has(_id)).map((moved) => [moved._id, moved] as const)))));
/** Whether anything came or went. */
export const hasMoves = createRoot(() => createMemo(() => left().size > 0 || [...held().values()].some(({ moved }) => moved !== undefined)));
/** Records that have left the areas of this phone, by id. */
export { left, linked, ones };

/** The record that this id stands for on the screens: itself, or the one that it was made one with. */
export const oneOf = (id: string): string => ones().get(id) ?? id;

const versionsOfMembers = createRoot(() => createMemo(() => new Map(linked().map(({ id, version }) => [id, version]))));
const known: Known = { one: oneOf, isGone: (id) => left().has(id), version: (id) => versionsOfMembers().get(id) ?? held().get(id)?.version };

/** Every record by id, with this phone's unmerged values over it. */
export const rows = createRoot(() => createMemo(() => overlay(merged(), sheets(), formOf, known)));
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
  return knownName(worker) ?? t('household.someone');
}

/** The name of whoever wrote something in these areas' records, as far as the areas tell it. */
export function knownName(worker: string): string | undefined {
  const all = [...areas().values()];
  return all.find(({ workers }) => workers[worker])?.workers[worker] ?? all.find(({ others }) => others?.[worker])?.others![worker];
}

/** What people call an area, as far as this phone knows; else its id. */
export function areaName(id: string): Text {
  const mine = areas().get(id)?.name ?? session()?.worker.areas.find((area) => area.id === id)?.name;
  return mine ?? [...areas().values()].find(({ neighbours }) => neighbours?.[id])?.neighbours?.[id] ?? { zh: id, en: id };
}

/** Where what is said of a record is sent from: where it lies, unless that is not this worker's, as of one that is linked with a record here. */
export function areaToSendFrom(id: string): string | undefined {
  const area = rows().get(id)?.area;
  const mine = session()?.worker.areas.map((each) => each.id) ?? [];
  if (area === undefined || mine.includes(area)) return area;
  return mine.find((each) => indexes().get(`area-${each}`)?.rows.some((row) => row.id === id)) ?? mine[0] ?? area;
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
  const before = known && (known.asked ?? '') === wanted ? known : { shape: INDEX_SHAPE, asked: wanted, sequence: 0, rows: [], linked: [], left: [], area: null };
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
    const { rows: answered } = await database.allDocs({ keys: ids, include_docs: true });
    for (const row of answered) {
      const document = 'doc' in row ? (row.doc as unknown as RecordDocument | MovedDocument | null) : null;
      if (document?.type === 'record' && document.linked_to === undefined && isNewer(document, found.get(document._id))) found.set(document._id, document);
    }
  }
  return ids.flatMap((id) => found.get(id) ?? []);
}

/** A record that is linked over areas lies in several databases of this phone, each as new as its last sync. */
function isNewer(record: RecordDocument, than: RecordDocument | undefined): boolean {
  return than === undefined || (newest(Object.values(record.version)) ?? '') > (newest(Object.values(than.version)) ?? '');
}

/** Records as this phone knows them, its own unmerged answers laid over; ids that nobody knows are left out. */
export async function wholeRecords(ids: string[]): Promise<WholeRecord[]> {
  const merged = new Map((await readRecords(ids)).map((record) => [record._id, record]));
  return ids.flatMap((id) => {
    const row = rows().get(id);
    return row ? [whole(row, merged.get(id) ?? null, sheets(), formOf, known)] : [];
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
  const linkedById = new Map(index.linked.map((each) => [each.id, each]));
  const leftById = new Map(index.left.map((each) => [each._id, each]));
  for (;;) {
    const { results, last_seq } = await database.changes({ since: sequence, limit: CHANGES_BATCH_SIZE, include_docs: true });
    for (const { id, deleted, doc } of results) {
      changed = true;
      if (id.startsWith('area:')) {
        area = deleted ? null : (doc as unknown as AreaDocument);
        continue;
      }
      for (const each of [byId, linkedById, leftById]) each.delete(id);
      if (deleted) continue;
      const document = doc as unknown as RecordDocument | MovedDocument;
      const isLinked = document.type === 'record' ? linkedOf(document) : null;
      if (isLinked) linkedById.set(id, isLinked);
      else if (document.type === 'record') byId.set(id, rowOf(document, asked.get(document.kind)));
      else if (document.type === 'moved') leftById.set(id, document);
    }
    sequence = last_seq;
    if (results.length < CHANGES_BATCH_SIZE) break;
  }
  return changed ? { ...index, sequence, rows: [...byId.values()], linked: [...linkedById.values()], left: [...leftById.values()], area } : index;
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
  for (const group of found.values()) group.sort((a, b) => (a.id < b.id ? -1 : 1)); // as they were first written down, whatever changed since
  return found;
}
