import { expect, test } from 'vitest';
import type { FormField, SubmissionDocument } from '../data/documents.ts';
import type { Sheet } from '../data/submissions.ts';
import { entriesOf, keptAnswers } from './register.ts';

const field = (path: string, more: Partial<FormField> = {}): FormField => ({ name: path.split('/').at(-1)!, path, type: 'text', label: null, ...more });
const fields = [
  field('/post', { keep: true }),
  field('/entry', { type: 'group', fields: [field('/entry/direction', { keep: true, type: 'select_one' }), field('/entry/lanes', { keep: true, type: 'select_multiple' }), field('/entry/plate')] }),
  field('/people', { type: 'repeat', keep: true, fields: [field('/people/name', { keep: true })] }),
];

test('what the form keeps stands in the next entry, the rest is blank', () => {
  expect(keptAnswers({ fields }, { post: '东门', entry: { direction: 'in', lanes: ['1', '2'], plate: '鄂L12345' }, people: [{ name: '何' }] })).toEqual({
    '/post': '东门',
    '/entry/direction': 'in',
    '/entry/lanes': '1 2',
  });
});

test('what was taken back, another form and another day do not count', () => {
  const sheet = (id: string, form: string, at: string, state: string) => ({ submission: { _id: id, form, finished_at: at } as SubmissionDocument, receipt: null, state: { state } }) as Sheet;
  const all = [
    sheet('3', 'gate', '2026-02-03T09:03:00+08:00', 'waiting'),
    sheet('2', 'gate', '2026-02-03T09:02:00+08:00', 'superseded'),
    sheet('1', 'gate', '2026-02-03T09:01:00+08:00', 'accepted'),
    sheet('0', 'other', '2026-02-03T09:00:00+08:00', 'waiting'),
    sheet('9', 'gate', '2026-02-02T09:00:00+08:00', 'waiting'),
  ];
  expect(entriesOf(all, 'gate', (moment) => moment.startsWith('2026-02-03')).map(({ submission }) => submission._id)).toEqual(['3', '1']);
});
