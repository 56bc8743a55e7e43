// @vitest-environment jsdom
// Going on from the record of somebody who is known, on the real engine and databases in memory.
import 'fake-indexeddb/auto';
// @ts-expect-error: the app itself has no types of Node
import { createRequire } from 'node:module';
import { createRoot } from 'solid-js';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Databases, destroyAll, openDatabases } from '../data/databases.ts';
import { openDrawer } from '../data/desk.ts';
import type { FormDocument, RecordDocument } from '../data/documents.ts';
import { closeRecords, openRecords } from '../data/records.ts';
import type { Draft, FormStart } from '../forms-contract.ts';
import { answersOf } from './answers.ts';
import type { EngineForm } from './engine.ts';
import { exampleForm } from './example_form.ts';
import { Filling, type DraftState } from './filling.ts';
import type { Question, Roster } from './items.ts';
import { knownAnswers } from './prefill.ts';

vi.hoisted(() => vi.stubGlobal('BroadcastChannel', undefined));

const field = (value: string | number) => ({ value, worker: 'w', device: 'd-1', at: '', clock: '', submission: '', form: '' });
const lingli: RecordDocument = {
  _id: 'person:lingli', type: 'record', kind: 'person', area: 'g0311', label: '何伶俐', version: { 'd-1': '1770080000000-0000-d-1' }, search: '', submissions: [], submission_count: 1,
  fields: { name: field('何伶俐'), age: field(45), seen: field('no'), temperature: field(38.2), relation: field('none'), household: field('household:old') },
};
const home: RecordDocument = { ...lingli, _id: 'household:here', kind: 'household', label: '1栋 311', fields: { room: field('311') } };

/** What stands for `relation` is filled in for a person of this household and for no other. */
const form: FormDocument = {
  ...exampleForm,
  fields: exampleForm.fields.map((each) => (each.name === 'members' ? { ...each, fields: each.fields!.map(filledIn) } : each)),
  entities: exampleForm.entities.map((entity) =>
    entity.kind === 'person' ? { ...entity, properties: { ...entity.properties, age: '/members/health/age', seen: '/members/health/seen', relation: '/members/health/symptoms', household: '/household_id' } } : entity,
  ),
};
function filledIn(each: FormDocument['fields'][number]): FormDocument['fields'][number] {
  return each.name === 'temperature' ? each : { ...each, prefill: true, ...(each.fields ? { fields: each.fields.map(filledIn) } : {}) };
}
const start: FormStart = { area: 'g0311', place: 'c031', household: home };

let engine: EngineForm;
let phone: Databases;
beforeAll(async () => {
  openDrawer('w0042');
  Object.assign(globalThis, { require: createRequire(import.meta.url), __dirname: '.' });
  engine = await (await import('./engine.ts')).openForm(form);
  phone = openDatabases('w0042', ['area-g0311']);
  for (const record of [lingli, home]) await phone.areas.get('area-g0311')!.put(record as never);
  await openRecords(phone);
}, 60_000);
afterAll(async () => {
  closeRecords();
  await destroyAll(phone);
});

function begin(draft: Draft | null = null, instance = engine.start(knownAnswers(form, start, (kind) => `${kind}:new`))): Filling {
  const filling = createRoot(() => new Filling(form, start, instance, { try: true }, draft, false));
  if (!draft) filling.answer(question(filling, '/visit/outcome'), 'done');
  return filling;
}
const question = (filling: Filling, path: string) => filling.instance.find(path) as Question;
const rows = (filling: Filling) => answersOf(filling.instance.xml(), form.fields).members as object[];
const name = (filling: Filling, row = 0) => question(filling, `/members/${row}/name`);

test('a row goes on from the record: its id and name, and what is known where the row is blank, never what must be asked anew', async () => {
  const filling = begin();
  filling.answer(name(filling), '何玲利');
  filling.answer(question(filling, '/members/0/health/age'), '46');
  await filling.people.take(name(filling), 'person:lingli');
  expect(rows(filling)).toEqual([{ person_id: 'person:lingli', name: '何伶俐', health: { age: 46 } }]);
  expect(filling.people.isTaken(name(filling))).toBe(true);
});

test('what they were to another household is not filled in, and where they belong stays as the form says', async () => {
  const filling = begin();
  await filling.people.take(name(filling), 'person:lingli');
  const answers = answersOf(filling.instance.xml(), form.fields);
  expect(answers.household_id).toBe('household:here');
  expect(answers.members).toEqual([{ person_id: 'person:lingli', name: '何伶俐', health: { age: 45 } }]);
});

test('undone, everything stands as it was typed', async () => {
  const filling = begin();
  filling.answer(name(filling), '何玲利');
  const before = rows(filling);
  await filling.people.take(name(filling), 'person:lingli');
  const { undo } = filling.people.taken()!;
  undo();
  expect(rows(filling)).toEqual(before);
  expect(filling.people.isTaken(name(filling))).toBe(false);
  expect(filling.people.takenIn({ members: [{ person_id: 'person:lingli' }] })).toEqual([]);
  filling.answer(name(filling), '何玲');
  undo(); // the second button for it
  expect(rows(filling)).toMatchObject([{ name: '何玲' }]);
});

test('undone, what was written since stays; a second tap on the same person changes nothing', async () => {
  const filling = begin();
  filling.answer(name(filling), '何玲利');
  const id = filling.people.idAt(name(filling));
  await Promise.all([filling.people.take(name(filling), 'person:lingli'), filling.people.take(name(filling), 'person:lingli')]);
  filling.answer(question(filling, '/members/0/health/age'), '46');
  filling.people.taken()!.undo();
  expect(rows(filling)).toEqual([{ person_id: id, name: '何玲利', health: { age: 46 } }]);
});

test('undone after a row above was removed, the right row is put back', async () => {
  const filling = begin();
  filling.add(filling.instance.find('/members') as Roster);
  filling.answer(name(filling, 1), '何玲利');
  const typed = name(filling, 1);
  await filling.people.take(typed, 'person:lingli');
  filling.remove(filling.instance.find('/members') as Roster, 0);
  filling.people.taken()!.undo();
  expect(rows(filling)).toMatchObject([{ name: '何玲利' }]);
});

test('the version that was seen is kept with the draft, and counts for as long as the answers name the person', async () => {
  const filling = begin();
  await filling.people.take(name(filling), 'person:lingli');
  const draft = filling.draft();
  expect((draft.state as DraftState).taken).toEqual([{ _id: 'person:lingli', version: lingli.version }]);
  const restored = begin(draft, await engine.restore((draft.state as DraftState).xml));
  expect(restored.people.isTaken(name(restored))).toBe(true);
  const answers = answersOf(restored.instance.xml(), form.fields);
  expect(restored.people.takenIn(answers)).toEqual([{ _id: 'person:lingli', version: lingli.version }]);
  expect(restored.people.takenIn({ members: [] })).toEqual([]);
});

test('people of other rows are known, so that nobody is offered twice', () => {
  const filling = begin();
  filling.add(filling.instance.find('/members') as Roster);
  expect(filling.people.idsInForm(name(filling))).toHaveLength(2);
  expect(filling.people.home()).toMatchObject({ household: 'household:here', room: '311' });
  expect(filling.people.names(name(filling))).toBe(true);
  expect(filling.people.names(question(filling, '/visit/room'))).toBe(false);
});

test('refused, nobody is offered before the name is changed', () => {
  const filling = begin();
  filling.people.typed(name(filling), '何玲利');
  filling.people.notTheSame(name(filling), ['person:lingli']);
  expect(filling.people.refusedAt(name(filling))).toEqual({ ids: ['person:lingli'], typed: '何玲利' });
});
