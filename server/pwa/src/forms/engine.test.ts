// @vitest-environment jsdom
// The adapter on ODK's real engine. Node lacks two names that the engine's WebAssembly loader looks for; a browser needs neither.
// @ts-expect-error: the app itself has no types of Node
import { createRequire } from 'node:module';
import { createMemo, createRoot } from 'solid-js';
import { beforeAll, describe, expect, test } from 'vitest';
import { answersOf, instanceOf } from './answers.ts';
import type { EngineForm, Instance } from './engine.ts';
import { jsonPath } from './engine_nodes.ts';
import { exampleForm } from './example_form.ts';
import type { Group, Question, Roster } from './items.ts';

let form: EngineForm;

beforeAll(async () => {
  Object.assign(globalThis, { require: createRequire(import.meta.url), __dirname: '.' });
  const engine = await import('./engine.ts');
  form = await engine.openForm(exampleForm);
}, 60_000);

const question = (instance: Instance, path: string) => instance.find(path) as Question;
const answers = (instance: Instance) => answersOf(instance.xml(), exampleForm.fields);

describe('starting', () => {
  test('what is known stands in the instance before the first page, ids of rows that are not yet relevant among them', () => {
    const instance = form.start({ household_id: 'household:a', visit: { room: '311' }, members: [{ person_id: 'person:1', name: '何伶俐' }, { person_id: 'person:2', name: '周建国' }] });
    expect(answers(instance)).toEqual({ household_id: 'household:a', visit: { room: '311' }, count: '2' });
    instance.answer(question(instance, '/visit/outcome'), 'done');
    expect(answers(instance).members).toEqual([{ person_id: 'person:1', name: '何伶俐' }, { person_id: 'person:2', name: '周建国' }]);
  });

  test('a second instance of a kept form knows nothing of the first', () => {
    form.start({ visit: { room: '999', outcome: 'refused' } });
    expect(answers(form.start({}))).toEqual({ visit: { room: '1' }, count: '1' });
  });
});

describe('answering', () => {
  test('a rule broken is told in the language shown', () => {
    const instance = form.start({ visit: { outcome: 'done' } });
    const temperature = question(instance, '/members/0/health/temperature');
    expect(instance.answer(temperature, '47')).toBeNull();
    instance.setLanguage('en');
    expect(temperature.violation()).toEqual({ rule: 'constraint', message: 'Temperature must be from 34 to 43' });
    instance.setLanguage('zh');
    expect(temperature.violation()!.message).toBe('体温应在34到43之间');
  });

  test('fever makes the next question relevant, and Solid hears of it', () => {
    createRoot((dispose) => {
      const instance = form.start({ visit: { outcome: 'done' } });
      const seen = question(instance, '/members/0/health/seen');
      const shown = createMemo(() => seen.relevant());
      expect(shown()).toBe(false);
      instance.answer(question(instance, '/members/0/health/temperature'), '37.3');
      expect(shown()).toBe(true);
      dispose();
    });
  });

  test.each([
    ['/members/0/health/temperature', 'abc'],
    ['/members/0/health/age', 'abc'],
  ])('what the engine would drop in silence is refused: %s = %s', (path, text) => {
    const instance = form.start({ visit: { outcome: 'done' } });
    expect(instance.answer(question(instance, path), text)).toEqual({ problem: 'not_taken' });
  });

  test('a choice that the list does not have is refused', () => {
    const instance = form.start({});
    expect(instance.answer(question(instance, '/visit/outcome'), 'maybe')).toEqual({ problem: 'no_choice' });
    expect(question(instance, '/visit/outcome').text()).toBe('');
  });

  test('a photo is its file name, can be replaced and taken away, and outlives a restore', async () => {
    const instance = form.start({});
    instance.answer(question(instance, '/visit/photo'), 'photo-1.jpg');
    const restored = await form.restore(instance.xml());
    expect(question(restored, '/visit/photo').text()).toBe('photo-1.jpg');
    restored.answer(question(restored, '/visit/photo'), '');
    expect(restored.xml()).not.toContain('photo-1.jpg');
  });
});

describe('rows', () => {
  test('a row is added, removed and put back in its place with all its answers', () => {
    const instance = form.start({ visit: { outcome: 'done' }, members: [{ person_id: 'person:1', name: '何伶俐', health: { temperature: 38.1, seen: 'yes' } }] });
    const roster = instance.find('/members') as Roster;
    const second = instance.add(roster);
    expect(second.path()).toBe('/members/1');
    const kept = instance.answersIn(instance.find('/members/0') as Group);
    expect(kept).toEqual({ '/person_id': 'person:1', '/name': '何伶俐', '/health/temperature': '38.1', '/health/seen': 'yes' });
    instance.remove(roster, 0);
    expect(answers(instance).members).toEqual([{}]);
    const row = instance.add(roster, 0);
    for (const [path, text] of Object.entries(kept)) instance.set(row.path() + path, text);
    expect(answers(instance).members).toEqual([{ person_id: 'person:1', name: '何伶俐', health: { temperature: 38.1, seen: 'yes' } }, {}]);
  });

  test('an index far beyond the rows builds none', () => {
    const instance = form.start({ visit: { outcome: 'done' } });
    expect(instance.set('/members/500/name', '甲')).not.toBeNull();
    expect((instance.find('/members') as Roster).rows()).toHaveLength(1);
  });
});

describe('restoring', () => {
  test('a draft comes back exactly, with what was answered and is hidden now', async () => {
    const instance = form.start({ household_id: 'household:a', visit: { outcome: 'done' }, members: [{ person_id: 'person:1', name: '何伶俐' }, { person_id: 'person:2', name: '周建国' }] });
    instance.answer(question(instance, '/members/1/health/temperature'), '36.6');
    instance.answer(question(instance, '/visit/outcome'), 'refused'); // a slip of the thumb
    const restored = await form.restore(instance.xml(), instance.hidden());
    expect(restored.xml()).toBe(instance.xml());
    restored.answer(question(restored, '/visit/outcome'), 'done');
    expect(answers(restored).members).toEqual([{ person_id: 'person:1', name: '何伶俐' }, { person_id: 'person:2', name: '周建国', health: { temperature: 36.6 } }]);
  });

  test('a submission to be mended is restored from its answers', async () => {
    const sent = { household_id: 'household:a', visit: { outcome: 'done', room: '2 & <3>' }, members: [{ person_id: 'person:1', name: '何', health: { temperature: 36.6, symptoms: ['none', 'cough'], age: 50 } }], count: '1' };
    const restored = await form.restore(instanceOf(sent, exampleForm.fields, exampleForm));
    expect(answers(restored)).toEqual(sent);
  });

  test('a roster that was empty is empty again', async () => {
    const restored = await form.restore(instanceOf({ visit: { outcome: 'done' } }, exampleForm.fields, exampleForm));
    expect((restored.find('/members') as Roster).rows()).toHaveLength(0);
  });
});

test('a town of another province is dropped, and then asked for', async () => {
  const xform = `<?xml version="1.0"?><h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head><h:title>c</h:title><model>
    <instance><data id="c" version="1"><province/><town/></data></instance>
    <instance id="towns"><root><item><name>a</name><province>1</province></item><item><name>b</name><province>2</province></item></root></instance>
    <bind nodeset="/data/province" type="string"/><bind nodeset="/data/town" type="string" required="true()"/></model></h:head>
    <h:body><input ref="/data/province"/><select1 ref="/data/town"><itemset nodeset="instance('towns')/root/item[province = /data/province]"><value ref="name"/><label ref="name"/></itemset></select1></h:body></h:html>`;
  const fields = (['province', 'town'] as const).map((name) => ({ name, path: `/${name}`, type: name === 'town' ? ('select_one' as const) : ('text' as const), label: null }));
  const { openForm } = await import('./engine.ts');
  const engine = await openForm({ ...exampleForm, _id: 'form:cascade:1', form: 'cascade', xform, fields, entities: [] });
  const cascade = engine.start({ province: '1' });
  expect(question(cascade, '/town').violation()?.rule).toBe('required');
  expect(cascade.answer(question(cascade, '/town'), 'a')).toBeNull();
  expect(question(cascade, '/town').violation()).toBeNull();
  cascade.answer(question(cascade, '/province'), '2');
  expect(question(cascade, '/town').text()).toBe('');
  expect(question(cascade, '/town').violation()?.rule).toBe('required');
  // Opened again it is the engine that forgets to ask.
  const restored = await engine.restore('<data id="c" version="1"><province>2</province><town>a</town></data>');
  expect(question(restored, '/town').text()).toBe('');
  expect(question(restored, '/town').violation()?.rule).toBe('required');
});

test('a reference of the engine becomes the path of a receipt', () => {
  expect(jsonPath('/data/members[2]/health/temperature')).toBe('/members/1/health/temperature');
  expect(jsonPath('/data')).toBe('');
});
