// @vitest-environment jsdom
// @ts-expect-error: the app itself has no types of Node
import { createRequire } from 'node:module';
import { createRoot } from 'solid-js';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Draft } from '../forms-contract.ts';
import { answersOf } from './answers.ts';
import { namesInCounts } from './counted_rows.ts';
import type { EngineForm, Instance } from './engine.ts';
import { exampleForm } from './example_form.ts';
import { Filling, type DraftState } from './filling.ts';
import type { Question } from './items.ts';

const counted = {
  ...exampleForm,
  _id: 'form:counted:1',
  form: 'counted',
  entities: [],
  fields: [
    { name: 'beds', path: '/beds', type: 'integer' as const, label: null },
    { name: 'bed', path: '/bed', type: 'repeat' as const, label: null, fields: [{ name: 'who', path: '/bed/who', type: 'text' as const, label: null }] },
    { name: 'bed_count', path: '/bed_count', type: 'calculate' as const, value_type: 'integer' as const, label: null },
  ],
  xform: `<?xml version="1.0"?><h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa"><h:head><h:title>t</h:title><model>
<instance><data id="counted" version="1"><beds/><bed_count/><bed jr:template=""><who/></bed><meta><instanceID/></meta></data></instance>
<bind nodeset="/data/beds" type="int"/><bind nodeset="/data/bed_count" type="int" calculate="coalesce( /data/beds , 0)"/><bind nodeset="/data/bed/who" type="string"/></model></h:head>
<h:body><input ref="/data/beds"><label>beds</label></input><group ref="/data/bed"><label>bed</label><repeat nodeset="/data/bed" jr:count=" /data/bed_count " jr:noAddRemove="true()"><input ref="/data/bed/who"><label>who</label></input></repeat></group></h:body></h:html>`,
};

let form: EngineForm;
beforeAll(async () => {
  Object.assign(globalThis, { require: createRequire(import.meta.url), __dirname: '.' });
  form = await (await import('./engine.ts')).openForm(counted);
}, 60_000);

const fill = (instance: Instance, draft: Draft | null = null) => createRoot(() => new Filling(counted, { area: 'g0311', place: 'c031' }, instance, { try: true }, draft, false));
const question = (filling: Filling, path: string) => filling.instance.find(path) as Question;
const beds = (filling: Filling) => ((answersOf(filling.instance.xml(), counted.fields).bed ?? []) as { who?: string }[]).map(({ who }) => who ?? '');

function three(): Filling {
  const filling = fill(form.start({}));
  filling.answer(question(filling, '/beds'), '3');
  ['甲', '乙', '丙'].forEach((name, row) => filling.answer(question(filling, `/bed/${row}/who`), name));
  return filling;
}

describe('rows that the form counts', () => {
  test('a count on its way through a smaller number loses nothing', () => {
    const filling = three();
    filling.answer(question(filling, '/beds'), '1');
    expect([beds(filling), filling.vanished()?.rows]).toEqual([['甲'], 2]);
    filling.answer(question(filling, '/beds'), '14');
    expect(beds(filling).slice(0, 4)).toEqual(['甲', '乙', '丙', '']);
    expect(filling.vanished()).toBeNull();
  });

  test('what vanished is said and comes back by undoing', () => {
    const filling = three();
    filling.answer(question(filling, '/beds'), '');
    filling.vanished()!.undo();
    expect(beds(filling)).toEqual(['甲', '乙', '丙']);
  });

  test('what vanished outlives the phone', async () => {
    const filling = three();
    filling.answer(question(filling, '/beds'), '2');
    const draft = JSON.parse(JSON.stringify(filling.draft())) as Draft;
    const state = draft.state as DraftState;
    const again = fill(await form.restore(state.xml, state.hidden), draft);
    again.answer(question(again, '/beds'), '3');
    expect(beds(again)).toEqual(['甲', '乙', '丙']);
  });
});

test('a count follows from questions over calculations, and no other question is looked at', () => {
  expect(namesInCounts(counted.xform)).toEqual(new Set(['data', 'bed_count', 'beds', 'coalesce']));
  expect(namesInCounts(exampleForm.xform).size).toBe(0);
});
