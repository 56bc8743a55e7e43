// @vitest-environment jsdom
// A form being filled, on the real engine and a real (in-memory) IndexedDB: pages, drafts, rows, what is missing, what the office said.
import 'fake-indexeddb/auto';
// @ts-expect-error: the app itself has no types of Node
import { createRequire } from 'node:module';
import { createRoot } from 'solid-js';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDrawer } from '../data/desk.ts';
import { keepMediaInMemory } from '../data/media.ts';
import { loadDrafts, readDraft, removeDraft, drafts } from '../data/drafts.ts';
import type { Answers, Problem } from '../data/documents.ts';
import type { Draft, FormScreenProps, FormStart } from '../forms-contract.ts';
import { answersOf, instanceOf } from './answers.ts';
import type { EngineForm, Instance } from './engine.ts';
import { exampleForm } from './example_form.ts';
import { Filling, type DraftState } from './filling.ts';
import type { Question, Roster } from './items.ts';
import { knownAnswers } from './prefill.ts';
import { rebuilt } from './rebuild.ts';

let form: EngineForm;
const start: FormStart = { area: 'g0311', place: 'c031' };

beforeAll(async () => {
  openDrawer('w0042');
  Object.assign(globalThis, { require: createRequire(import.meta.url), __dirname: '.' });
  form = await (await import('./engine.ts')).openForm(exampleForm);
}, 60_000);

beforeEach(async () => {
  await loadDrafts();
  for (const draft of drafts()) await removeDraft(draft.id);
});

const question = (filling: Filling, path: string) => filling.instance.find(path) as Question;
const roster = (filling: Filling) => filling.instance.find('/members') as Roster;
const keys = (filling: Filling) => filling.pages().map((page) => page.key);
const answers = (filling: Filling) => answersOf(filling.instance.xml(), exampleForm.fields);

/** Solid's memos live as long as the root. */
function fill(instance: Instance, draft: Draft | null = null, fix?: FormScreenProps['fix']): Filling {
  return createRoot(() => new Filling(exampleForm, start, instance, { fix }, draft, false));
}
const begin = () => fill(form.start(knownAnswers(exampleForm, start, (kind) => `${kind}:new`)));

describe('screens', () => {
  test('a group is a screen, a roster is its names and then the groups of each row, and the last is for looking over', () => {
    const filling = begin();
    expect(keys(filling)).toEqual(['/visit', '#review']);
    filling.answer(question(filling, '/visit/outcome'), 'done');
    expect(keys(filling)).toEqual(['/visit', '/members', '/members/0/health', '#review']);
    filling.add(roster(filling));
    expect(keys(filling)).toEqual(['/visit', '/members', '/members/0/health', '/members/1/health', '#review']);
    expect(filling.sections().map((section) => [section.title, section.pages.length])).toEqual([['走访', 1], ['成员', 3]]);
  });

  test('a screen that ceases to be relevant gives way to another', () => {
    const filling = begin();
    filling.answer(question(filling, '/visit/outcome'), 'done');
    filling.next();
    filling.next();
    expect(filling.page().key).toBe('/members/0/health');
    filling.answer(question(filling, '/visit/outcome'), 'refused');
    expect(filling.page().key).toBe('/visit');
  });
});

test('a draft about a door that has left the phone keeps its name and what it was begun at, however often it is written again', async () => {
  const draft = { ...begin().draft(), title: '1栋 1702', start: { place: 'c031', household: 'household:a' }, based_on: { 'household:a': { 'd-1': 'c' } } };
  const again = createRoot(() => new Filling(exampleForm, { ...start, base: draft.based_on }, form.start({}), {}, draft, false));
  again.answer(question(again, '/visit/outcome'), 'done');
  expect(again.draft()).toMatchObject({ title: '1栋 1702', start: { household: 'household:a' }, based_on: { 'household:a': { 'd-1': 'c' } } });
});

describe('what is wrong', () => {
  test('what cannot be read is shown as it was typed, is not in the instance, and stands in the way of saving', async () => {
    const filling = begin();
    filling.answer(question(filling, '/visit/outcome'), 'done');
    filling.answer(question(filling, '/members/0/name'), '何伶俐');
    const temperature = question(filling, '/members/0/health/temperature');
    filling.answer(temperature, '36.6');
    filling.answer(temperature, '36.6c');
    expect(filling.text(temperature)).toBe('36.6c');
    expect(filling.refusal(temperature)!.problem).toBe('not_a_number');
    expect(filling.instance.xml()).not.toContain('36.6');
    expect(await filling.finish()).toEqual({ state: 'missing' });
    expect(filling.page().kind).toBe('review');
    expect(filling.missing().map(({ question }) => question.path())).toEqual(['/members/0/health/temperature']);
  });

  test('a required question complains only after its screen was left', () => {
    const filling = begin();
    const outcome = question(filling, '/visit/outcome');
    expect(filling.violation(outcome)).toBeNull();
    filling.next();
    expect(filling.violation(outcome)).toEqual({ rule: 'required', message: '' });
  });

  test('a broken rule complains at once', () => {
    const filling = begin();
    filling.answer(question(filling, '/visit/outcome'), 'done');
    const temperature = question(filling, '/members/0/health/temperature');
    filling.answer(temperature, '47');
    expect(filling.violation(temperature)!.message).toBe('体温应在34到43之间');
  });
});

describe('rows', () => {
  test('a removed person comes back with all that was said of them', () => {
    const filling = begin();
    filling.answer(question(filling, '/visit/outcome'), 'done');
    filling.answer(question(filling, '/members/0/name'), '何伶俐');
    filling.answer(question(filling, '/members/0/health/temperature'), '36.6');
    filling.answer(question(filling, `${filling.add(roster(filling)).path()}/name`), '周建国');
    const before = answers(filling);
    const removed = filling.remove(roster(filling), 0);
    expect(removed.name).toBe('何伶俐');
    expect((answers(filling).members as unknown[]).length).toBe(1);
    filling.putBack(removed);
    expect(answers(filling)).toEqual(before);
  });

  test('each new row has an id of its own', () => {
    const filling = begin();
    filling.answer(question(filling, '/visit/outcome'), 'done');
    filling.add(roster(filling));
    const ids = (answers(filling).members as { person_id: string }[]).map((row) => row.person_id);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^person:[0-9A-Z]{26}$/);
  });
});

describe('drafts', () => {
  test('after every answer the draft on the disk is enough to stand exactly where one stood', async () => {
    const filling = begin();
    filling.answer(question(filling, '/visit/outcome'), 'done');
    filling.answer(question(filling, '/members/0/name'), '何伶俐');
    filling.next();
    filling.next();
    filling.answer(question(filling, '/members/0/health/temperature'), '3a');
    await new Promise((resolve) => setTimeout(resolve, 300));
    const draft = (await readDraft(drafts()[0]!.id))!;
    const state = draft.state as DraftState;
    const again = fill(await form.restore(state.xml, state.hidden), draft);
    expect(again.page().key).toBe('/members/0/health');
    expect(again.instance.xml()).toBe(filling.instance.xml());
    expect(again.text(question(again, '/members/0/health/temperature'))).toBe('3a');
    expect(again.isVisited(again.pages()[0]!)).toBe(true);
  });

  test('a form in which nothing was done leaves nothing behind', async () => {
    const filling = begin();
    await filling.rest();
    expect(drafts()).toEqual([]);
  });

  test('throwing away can be undone', async () => {
    const filling = begin();
    filling.answer(question(filling, '/visit/outcome'), 'refused');
    await filling.keepNow();
    await filling.discard();
    expect(drafts()).toEqual([]);
    await filling.undoDiscard();
    expect(drafts()).toHaveLength(1);
  });
});

test('"all well" fills what has a usual answer and no other, row by row', () => {
  const filling = begin();
  filling.answer(question(filling, '/visit/outcome'), 'done');
  filling.answer(question(filling, `${filling.add(roster(filling)).path()}/health/symptoms`), 'cough');
  filling.allWell();
  expect(filling.text(question(filling, '/members/0/health/symptoms'))).toBe('none');
  expect(filling.text(question(filling, '/members/1/health/symptoms'))).toBe('cough');
  expect(filling.filledByAllWell()).toHaveLength(1);
});

test('mending begins at the first problem of the office, which goes when the answer changes', async () => {
  const sent: Answers = { visit: { outcome: 'done', room: '311' }, members: [{ person_id: 'person:1', name: '何' }, { person_id: 'person:2', name: '周', health: { temperature: 36.6 } }] };
  const problems: Problem[] = [{ path: '/members/1/health/temperature', rule: 'conflict', message: { zh: '请再量', en: 'Measure again' } }];
  const fix = {
    submission: { _id: 'submission:1', answers: sent, media: [] },
    receipt: { _id: 'receipt:1', problems, comments: [{ path: null, text: '请核对', by: '刘书记', at: '' }] },
  } as unknown as NonNullable<FormScreenProps['fix']>;
  const filling = fill(await form.restore(instanceOf(sent, exampleForm.fields, exampleForm)), null, fix);
  expect(filling.page().key).toBe('/members/1/health');
  const temperature = question(filling, '/members/1/health/temperature');
  expect(filling.noteOn(temperature).map((note) => note.text.zh)).toEqual(['请再量']);
  expect(filling.looseNotes().map((note) => note.text.zh)).toEqual(['请核对']);
  filling.answer(temperature, '36.8');
  expect(filling.noteOn(temperature)).toEqual([]);
});

test('a form that is tried gives what would have been sent, and leaves nothing behind', async () => {
  const filling = createRoot(() => new Filling(exampleForm, start, form.start(knownAnswers(exampleForm, start, (kind) => `${kind}:new`)), { try: true }, null, true));
  filling.answer(question(filling, '/visit/outcome'), 'refused');
  await filling.keepNow();
  const end = await filling.finish();
  expect(end).toEqual({ state: 'tried', answers: { household_id: expect.stringMatching(/^household:/) as string, visit: { outcome: 'refused', room: '1' }, count: '1' }, media: [] });
  expect(filling.kept()).toEqual({ state: 'nothing_yet' });
  await loadDrafts();
  expect(drafts().map(({ id }) => id)).not.toContain(filling.draft().id);
});

describe('a form whose expressions throw', () => {
  // The engine meets the pattern only when it stands in the answer: publishing cannot know it.
  const text = (name: string) => ({ name, path: `/${name}`, type: 'text' as const, label: { zh: name, en: name } });
  const throwing = {
    ...exampleForm,
    _id: 'form:throwing:1',
    form: 'throwing',
    fields: [text('pattern'), text('word'), { ...text('found'), type: 'calculate' as const, value_type: 'text' as const }],
    entities: [],
    xform: `<?xml version="1.0"?><h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa"><h:head><h:title>t</h:title><model>
<instance><data id="throwing" version="1"><pattern/><word/><found/><meta><instanceID/></meta></data></instance>
<bind nodeset="/data/pattern" type="string"/><bind nodeset="/data/word" type="string"/>
<bind nodeset="/data/found" type="string" calculate="if( /data/pattern = '', '', regex( /data/word ,  /data/pattern ))"/>
</model></h:head><h:body><input ref="/data/pattern"><label>pattern</label></input><input ref="/data/word"><label>word</label></input></h:body></h:html>`,
  };
  const open = async () => (await import('./engine.ts')).openForm(throwing);
  const filled = (instance: Instance, draft: Draft | null = null) => createRoot(() => new Filling(throwing, start, instance, {}, draft, false));

  test('the answer is kept and the exception told; opened anew the form calculates again', async () => {
    const engine = await open();
    const filling = filled(engine.start({}));
    filling.answer(question(filling, '/word'), 'abc');
    filling.answer(question(filling, '/pattern'), '(');
    const pattern = question(filling, '/pattern');
    expect([filling.text(pattern), filling.refusal(pattern)!.problem, filling.broken()]).toEqual(['(', 'engine', true]);
    expect(filling.refusal(pattern)!.reason).toMatch(/regular expression/);

    const draft = filling.draft();
    const state = draft.state as DraftState;
    const again = filled(await engine.restore(state.xml, state.hidden), draft);
    expect([again.text(question(again, '/pattern')), again.text(question(again, '/word')), again.broken()]).toEqual(['(', 'abc', false]);
    again.answer(question(again, '/pattern'), 'b');
    expect(answersOf(again.instance.xml(), throwing.fields)).toEqual({ pattern: 'b', word: 'abc', found: 'true' });
  });

  test('a draft that the engine does not open is put together answer by answer', async () => {
    const engine = await open();
    const state: DraftState = { xml: '<data id="throwing" version="1"><pattern>(</pattern><word>abc</word><found/></data>', hidden: {}, refused: {}, page: '#0', visited: [], media: [], settled: [], supersedes: null };
    await expect(engine.restore(state.xml)).rejects.toThrow();
    const instance = rebuilt(throwing, engine, state);
    expect(answersOf(instance.xml(), throwing.fields)).toEqual({ word: 'abc' });
    expect(state.refused['/pattern']).toMatchObject({ text: '(', problem: 'engine' });
  });
});

describe('metadata', () => {
  const hidden = (name: string, preload: string, value_type: 'text' | 'dateTime' | 'date' = 'text') => ({ name, path: `/${name}`, type: 'hidden' as const, value_type, label: null, preload });
  const logged = {
    ...exampleForm,
    _id: 'form:logged:1',
    form: 'logged',
    entities: [],
    fields: [
      hidden('start', 'start', 'dateTime'),
      hidden('end', 'end', 'dateTime'),
      hidden('today', 'today', 'date'),
      hidden('deviceid', 'deviceid'),
      hidden('username', 'username'),
      { name: 'name', path: '/name', type: 'text' as const, label: { zh: '姓名', en: 'Name' } },
      {
        name: 'meta',
        path: '/meta',
        type: 'group' as const,
        label: null,
        fields: [
          { name: 'audit', path: '/meta/audit', type: 'hidden' as const, value_type: 'file' as const, label: null, preload: 'audit', parameters: { 'track-changes': 'true' } },
          { name: 'instanceName', path: '/meta/instanceName', type: 'calculate' as const, value_type: 'text' as const, label: null },
        ],
      },
    ],
    xform: `<?xml version="1.0"?><h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa" xmlns:odk="http://www.opendatakit.org/xforms"><h:head><h:title>t</h:title><model>
<instance><data id="logged" version="1"><start/><end/><today/><deviceid/><username/><name/><meta><audit/><instanceID/><instanceName/></meta></data></instance>
<bind nodeset="/data/start" jr:preload="timestamp" type="dateTime" jr:preloadParams="start"/><bind nodeset="/data/end" jr:preload="timestamp" type="dateTime" jr:preloadParams="end"/>
<bind nodeset="/data/today" jr:preload="date" type="date" jr:preloadParams="today"/><bind nodeset="/data/deviceid" jr:preload="property" type="string" jr:preloadParams="deviceid"/>
<bind nodeset="/data/username" jr:preload="property" type="string" jr:preloadParams="username"/><bind nodeset="/data/name" type="string"/>
<bind nodeset="/data/meta/audit" type="binary" odk:track-changes="true"/><bind nodeset="/data/meta/instanceID" type="string" readonly="true()" jr:preload="uid"/>
<bind nodeset="/data/meta/instanceName" type="string" calculate="concat( /data/name , '家')"/></model></h:head><h:body><input ref="/data/name"><label>name</label></input></h:body></h:html>`,
  };

  test('who, when and on which phone stand in the answers, and the log lies beside them as a file', async () => {
    const engine = await (await import('./engine.ts')).openForm(logged, { device: 'd-7f3a0001', username: 'wangfang' });
    const filling = createRoot(() => new Filling(logged, start, engine.start({}), { try: true }, null, false));
    filling.answer(question(filling, '/name'), '何伶俐');
    expect(filling.title()).toBe('何伶俐家');
    const draft = filling.draft();
    const state = draft.state as DraftState;
    const restored = await engine.restore(state.xml, state.hidden);
    const again = createRoot(() => new Filling(logged, start, restored, { try: true }, draft, false));
    const release = keepMediaInMemory();
    const ofBrowser = globalThis.Blob; // jsdom's does not give its bytes
    globalThis.Blob = (createRequire(import.meta.url)('node:buffer') as { Blob: typeof Blob }).Blob;
    const end = await again.finish();
    globalThis.Blob = ofBrowser;
    release();
    if (end.state !== 'tried') throw new Error(JSON.stringify(end));
    const { answers, media } = end;
    expect(answers).toMatchObject({ deviceid: 'd-7f3a0001', username: 'wangfang', name: '何伶俐', meta: { audit: media[0]!.name, instanceName: '何伶俐家' } });
    const [began, ended] = [Date.parse(answers.start as string), Date.parse(answers.end as string)];
    expect(ended - began).toBeGreaterThanOrEqual(-1000);
    expect(Math.abs(Date.now() - ended)).toBeLessThan(10_000);
    expect(answers.today).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(media[0]).toMatchObject({ question: '/meta/audit', type: 'text/csv' });
    const lines = (await media[0]!.blob.text()).trim().split('\n');
    expect(lines.map((line) => line.split(',')[0])).toEqual(['event', 'form start', 'form resume', 'question', 'form finalize']);
    expect(state.audit).toHaveLength(1);
  });
});
