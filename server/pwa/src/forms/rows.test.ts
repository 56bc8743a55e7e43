import { expect, test } from 'vitest';
import type { Filling } from './filling.ts';
import type { Group } from './items.ts';
import { rowTitle } from './rows.ts';

const row = { items: () => [{ kind: 'question', type: 'text', field: { pii: 'name' } }] } as unknown as Group;
const called = (name: string) => rowTitle(row, { text: () => name } as unknown as Filling);

test('a person is called by name on the screens, a paragraph typed as a name by its beginning', () => {
  expect(called('何伶俐')).toBe('何伶俐');
  expect(called('😀'.repeat(2000))).toBe(`${'😀'.repeat(40)}…`);
});
