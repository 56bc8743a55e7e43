import { expect, test } from 'vitest';
import type { Draft } from '../forms-contract.ts';
import { CHECK, draftFor, SURVEY } from './open_form.ts';

const draft = (id: string, form: string, more: Partial<Draft>): Draft => ({ id, form, version: '1', area: 'g0311', title: '', start: { place: 'c031' }, started_at: '', updated_at: '', state: {}, ...more });
const HOME = 'household:a';
const all = [
  draft('survey', SURVEY, { start: { place: 'c031', household: HOME, record: HOME } }),
  draft('morning', CHECK, { start: { place: 'c031', household: HOME, known: { '/check/kind': 'morning' } } }),
  draft('new door', SURVEY, { start: { place: 'c031' } }),
  draft('mending', SURVEY, { start: { place: 'c031', household: 'household:b' }, fix: { submission: 'submission:1' } }),
];

test.each([
  ['a survey at a door where one was begun goes on with it', { form: SURVEY, household: HOME }, 'survey'],
  ['so does the morning check', { form: CHECK, household: HOME, kind: 'morning' }, 'morning'],
  ['and a check of no kind in particular', { form: CHECK, household: HOME }, 'morning'],
  ['the evening check is another one', { form: CHECK, household: HOME, kind: 'evening' }, undefined],
  ['another door is another door', { form: SURVEY, household: 'household:c' }, undefined],
  ['a new door is never taken for one begun before', { form: SURVEY }, undefined],
  ['mending goes on with what was mended so far', { form: SURVEY, fix: 'submission:1' }, 'mending'],
  ['mending another submission does not', { form: SURVEY, fix: 'submission:2' }, undefined],
  ['a survey at a door whose submission is being mended is a new one', { form: SURVEY, household: 'household:b' }, undefined],
  ['a form that is no register begins anew without a door', { form: 'gate' }, undefined],
])('%s', (_what, address, found) => {
  expect(draftFor(address, all)?.id).toBe(found);
});

test('a register goes on with the entry that was begun', () => {
  expect(draftFor({ form: 'gate' }, [...all, draft('entry', 'gate', {})], true)?.id).toBe('entry');
});

test('a draft that was begun at a record linked since is found at the one', () => {
  const one = (id: string) => (id === HOME ? 'household:0' : id);
  expect(draftFor({ form: SURVEY, household: 'household:0' }, all, false, one)?.id).toBe('survey');
  expect(draftFor({ form: SURVEY, household: 'household:0' }, all)).toBeUndefined();
});
