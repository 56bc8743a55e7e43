import { expect, test } from 'vitest';
import { lookOf, type ChoiceLook } from './choice_look.ts';

const few = ['苹果', '香蕉', '樱桃'];
const many = (count: number) => Array.from({ length: count }, (_, number) => `第${number}村`);
const look = (appearance: string, labels: readonly string[], more: { several?: boolean; pictures?: boolean } = {}) =>
  lookOf({ several: more.several ?? false, pictures: more.pictures ?? false, appearance: new Set(appearance.split(' ').filter(Boolean)), labels });

test.each<[string, readonly string[], ChoiceLook]>([
  ['', few, { kind: 'buttons', columns: 3, marks: true }],
  ['', ['是', '否'], { kind: 'buttons', columns: 2, marks: true }],
  ['', ['We have never been asked about this before', 'Another long answer to read'], { kind: 'buttons', columns: 1, marks: true }],
  ['columns-2', few, { kind: 'buttons', columns: 2, marks: true }],
  ['columns', few, { kind: 'buttons', columns: 2, marks: true }],
  ['columns-pack no-buttons', few, { kind: 'buttons', columns: 'pack', marks: false }],
  ['quickcompact', few, { kind: 'buttons', columns: 'pack', marks: true }],
  ['columns-4', many(30), { kind: 'buttons', columns: 4, marks: true }],
  ['likert', few, { kind: 'row' }],
  ['list-nolabel', few, { kind: 'row' }],
  ['likert', many(9), { kind: 'buttons', columns: 3, marks: true }],
  ['likert', ['Strongly disagree', 'Disagree', 'Neutral', 'Agree', 'Strongly agree'], { kind: 'buttons', columns: 1, marks: true }],
  ['likert', ['很不同意', '不同意', '一般', '同意', '很同意'], { kind: 'row' }],
  ['', ['Apple', 'Pomegranate'], { kind: 'buttons', columns: 1, marks: true }],
  ['minimal', few, { kind: 'picker' }],
  ['minimal', many(41), { kind: 'sheet' }],
  ['', many(16), { kind: 'picker' }],
  ['', many(5000), { kind: 'sheet' }],
  ['autocomplete', few, { kind: 'sheet' }],
  ["search('fruits')", few, { kind: 'sheet' }],
  ['map', few, { kind: 'buttons', columns: 3, marks: true }],
])('one of a list, appearance “%s”', (appearance, labels, wanted) => {
  expect(look(appearance, labels)).toEqual(wanted);
});

test('the phone’s own picker takes one and shows no pictures: for several, and for pictures, there is a sheet', () => {
  expect(look('minimal', few, { several: true })).toEqual({ kind: 'sheet' });
  expect(look('minimal', few, { pictures: true })).toEqual({ kind: 'sheet' });
});

test('boxes to tick need room of their own', () => {
  expect(look('', ['三个字', '三个字了', '三'], { several: true })).toEqual({ kind: 'buttons', columns: 2, marks: true });
});
