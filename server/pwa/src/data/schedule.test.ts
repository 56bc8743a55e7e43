// What is due by a form's slots, by the cases that the centre runs too.
import { describe, expect, test } from 'vitest';
import shared from '../../../../tests/data/schedule.json';
import type { AnswerValue, FormDocument, Slot } from './documents.ts';
import { due, propertiesOf, slotOf, slotsOf } from './schedule.ts';

interface Case {
  name: string;
  slots: string[];
  fields: Record<string, AnswerValue>;
  now: string;
  zone: string;
  due: string[][];
}
const slots = shared.slots as unknown as Record<string, Slot>;

describe('the shared cases', () => {
  test.each(shared.cases as unknown as Case[])('$name', (one) => {
    const found = due(one.slots.map((name) => slots[name]!), one.fields, new Date(one.now), one.zone);
    expect(found.map(({ slot, day, from, until, state }) => [slot.name, day, from, until, state])).toEqual(one.due);
  });
});

test('where no zone is said it is the phone’s own', () => {
  const now = new Date(2026, 1, 3, 9, 0);
  expect(due([slots.morning!], { starts_on: '2026-02-03' }, now)).toMatchObject([{ day: '2026-02-03', state: 'now' }]);
  expect(due([slots.morning!], { starts_on: '2026-02-03', morning_at: now.toISOString() }, now)).toMatchObject([{ state: 'done' }]);
});

test('only the current version of a form has slots, and they say which properties they need', () => {
  const form = (version: string, current: boolean) => ({ form: 'check', version, current, schedule: [slots.morning, slots.evening] }) as unknown as FormDocument;
  const found = slotsOf([form('1', false), form('2', true), { form: 'other', current: true } as FormDocument]);
  expect(found.map((each) => `${each.form} ${each.slot.name}`)).toEqual(['check morning', 'check evening']);
  expect(propertiesOf(found)).toEqual(new Map([['quarantine_case', new Set(['morning_at', 'evening_at', 'starts_on', 'ends_on'])]]));
});

test('which slot was filled follows from the answers that it begins with', () => {
  const all = slotsOf([{ form: 'quarantine_check', current: true, schedule: [slots.morning, slots.evening] } as unknown as FormDocument]);
  const filled = (form: string, answers: Parameters<typeof slotOf>[2]) => slotOf(all, form, answers)?.slot.name;
  expect(filled('quarantine_check', { check: { kind: 'evening', mode: 'door' } })).toBe('evening');
  expect(filled('quarantine_check', { check: { kind: 'seal' } })).toBeUndefined();
  expect(filled('quarantine_check', {})).toBeUndefined();
  expect(filled('household_survey', { check: { kind: 'evening' } })).toBeUndefined();
});
