import { expect, test } from 'vitest';
import { knownAnswers } from '../forms/prefill.ts';
import type { FormDocument } from '../data/documents.ts';
import { exampleStart } from './example_start.ts';

const WORDS = { door: '示例 1栋 2单元 311', people: ['示例甲', '示例乙'] as [string, string] };

test('a form that starts from nothing is tried from nothing', () => {
  expect(exampleStart({ starts_from: null }, WORDS, '2026-02-03')).toEqual({ area: 'example', place: 'example' });
});

test('a form that starts from a household finds two people in quarantine for fourteen days', () => {
  const start = exampleStart({ starts_from: 'household' }, WORDS, '2026-02-20');
  expect(start.record).toBe(start.household);
  expect(start.people!.map(({ label }) => label)).toEqual(['示例甲', '示例乙']);
  expect(start.cases!.map((kase) => [kase.fields.person!.value, kase.fields.ends_on!.value])).toEqual(start.people!.map(({ _id }) => [_id, '2026-03-06']));
});

test('its rows and ids are those that the form would have at a real door', () => {
  const form = {
    starts_from: 'household',
    fields: [
      { name: 'household_id', path: '/household_id', type: 'hidden', label: null },
      { name: 'people', path: '/people', type: 'repeat', label: null, fields: [{ name: 'case_id', path: '/people/case_id', type: 'hidden', label: null }] },
    ],
    entities: [{ kind: 'quarantine_case', repeat: '/people', id: '/people/case_id', label: null, properties: {} }],
  } as unknown as FormDocument;
  const start = exampleStart(form, WORDS, '2026-02-03');
  expect(knownAnswers(form, start, () => 'new')).toMatchObject({ household_id: start.household!._id, people: start.cases!.map(({ _id }) => ({ case_id: _id })) });
});

test('a form that starts from another kind of record gets one of that kind', () => {
  for (const kind of ['person', 'quarantine_case', 'problem'] as const) expect(exampleStart({ starts_from: kind as never }, WORDS, '2026-02-03').record!.kind).toBe(kind);
});
