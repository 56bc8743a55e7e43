import { expect, test } from 'vitest';
import type { Answers, FormField } from './documents.ts';
import { fieldsByPath, placeLabel } from './labels.ts';

const field = (path: string, zh: string, more: Partial<FormField> = {}): FormField => ({ name: path.split('/').at(-1)!, path, type: 'text', label: { zh, en: zh }, ...more });
const fields = fieldsByPath({
  fields: [
    field('/phone', '电话'),
    field('/members', '成员', { type: 'repeat', fields: [field('/members/name', '姓名', { pii: 'name' }), field('/members/health', '健康', { type: 'group', fields: [field('/members/health/temperature', '体温')] })] }),
  ],
});
const answers: Answers = { members: [{ name: '何伶俐' }, { health: { temperature: 47 } }] };

test.each([
  ['a person by name', '/members/0/health/temperature', '何伶俐 · 体温'],
  ['one who has no name yet by number', '/members/1/health/temperature', '第 2 项 · 体温'],
  ['a question of the whole form by its own words', '/phone', '电话'],
  ['what is no question is the whole form', '/signature', '整份登记'],
  ['and so is nothing', null, '整份登记'],
])('a problem names its place: %s', (_what, path, said) => {
  expect(placeLabel(path, fields, answers)).toBe(said);
});
