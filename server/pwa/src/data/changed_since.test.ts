import { expect, test } from 'vitest';
import { changedSince } from './changed_since.ts';
import type { FormEntity, RecordDocument } from './documents.ts';

const ENTITIES: FormEntity[] = [{ kind: 'household', repeat: null, id: '/household_id', label: null, properties: { phone: '/phone', room: '/room', needs: '/needs' } }];
const field = (value: string, device: string, clock: string) => ({ value, worker: 'w', device, at: '', clock, submission: '', form: '' });
const fields = {
  room: field('311', 'd-1', '1770080000000-0000-d-1'),
  phone: field('136', 'office', '1770080200000-0000-office'),
  needs: field('food', 'd-2', '1770080100000-0000-d-2'),
  temperature: field('37', 'd-2', '1770080100000-0000-d-2'),
};
const record = { _id: 'household:a', type: 'record', kind: 'household', label: '2栋 301', version: {}, fields } as unknown as RecordDocument;
const changed = (base: Parameters<typeof changedSince>[1]) => changedSince([record], base, ENTITIES).map(({ name }) => name);

test('a draft says what the office and others wrote after it was begun, of what it asks itself', () => {
  expect(changed({ 'household:a': { 'd-1': '1770080000000-0000-d-1' } })).toEqual(['phone', 'needs']);
});
test('nothing was changed of which it knew, also under the name of a member', () => {
  expect(changed({ 'household:a': { 'd-1': '1770080000000-0000-d-1', office: '1770080200000-0000-office', 'household:b d-2': '1770080100000-0000-d-2' } })).toEqual([]);
});
test('a form that begins now, and a record that it was not filled from, say nothing', () => {
  expect(changed(undefined)).toEqual([]);
  expect(changed({})).toEqual([]);
});
