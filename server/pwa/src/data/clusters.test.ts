// Two registrations of one person: which one the lists show, and what goes with it.
import { describe, expect, test } from 'vitest';
import { asOne, type Linked, linkedOf, onesOf, otherNames } from './clusters.ts';
import type { RecordDocument } from './documents.ts';
import { namingOnes, type Row } from './rows.ts';

const row = (id: string, more: Partial<Row> = {}): Row => ({ id, kind: id.split(':')[0] as Row['kind'], area: 'g0311', label: id, search: '', facts: {}, clock: '', pending: [], ...more });
const linked = (id: string, one: string, label = id): Linked => ({ id, one, label, version: {} });
const held = (...rows: Row[]) => new Map(rows.map((each) => [each.id, each]));

const HE = row('person:1', { label: '何伶俐', search: '何伶俐 helingli', members: ['person:1', 'person:2'], facts: { household: 'household:a' } });
const CASE = row('quarantine_case:1', { facts: { person: 'person:2', household: 'household:b' } });

describe('which record stands for which', () => {
  test('a document that says so, or a one that names its members', () => {
    expect(onesOf([], [linked('person:2', 'person:1')])).toEqual(new Map([['person:2', 'person:1']]));
    expect(onesOf([HE], [])).toEqual(new Map([['person:2', 'person:1']]));
  });
  test('a chain over two areas, one of them synced before the last link, ends at the one', () => {
    const all = [linked('person:3', 'person:2'), linked('person:2', 'person:1')];
    expect(onesOf([], all)).toEqual(new Map([['person:3', 'person:1'], ['person:2', 'person:1']]));
  });
  test('a circle hides nobody', () => {
    expect(onesOf([], [linked('person:1', 'person:2'), linked('person:2', 'person:1')]).size).toBe(0);
  });
  test('a record says by itself whether it is a member', () => {
    const record = { _id: 'person:2', type: 'record', kind: 'person', label: '何玲利', version: { 'd-1': 'c' }, linked_to: 'person:1' } as unknown as RecordDocument;
    expect(linkedOf(record)).toEqual({ id: 'person:2', one: 'person:1', label: '何玲利', version: { 'd-1': 'c' } });
    expect(linkedOf({ ...record, linked_to: undefined })).toBeNull();
  });
});

describe('what the lists show', () => {
  const links = [linked('person:2', 'person:1', '何玲利')];
  const shown = asOne(held(HE, CASE, row('person:2', { label: '何玲利' }), row('person:3')), links, onesOf([HE], links));
  test('the one without its members, also where another area still holds a member as it was', () => {
    expect([...shown.keys()]).toEqual(['person:1', 'quarantine_case:1', 'person:3']);
  });
  test('what names a member shows with the one', () => {
    expect(shown.get('quarantine_case:1')!.facts).toEqual({ person: 'person:1', household: 'household:b' });
    expect(CASE.facts.person).toBe('person:2');
  });
  test('the one is found by the name that the member was registered as, and says it', () => {
    expect(shown.get('person:1')!.search).toBe('何伶俐 helingli 何玲利');
    expect(otherNames(HE, links, onesOf([HE], links))).toEqual(['何玲利']);
    expect(otherNames(HE, [linked('person:2', 'person:1', '何伶俐')], onesOf([HE], []))).toEqual([]);
  });
  test('without links nothing is made anew', () => {
    const rows = held(CASE);
    expect(asOne(rows, [], new Map())).toBe(rows);
    const facts = { person: 'person:9', name: '何' };
    expect(namingOnes(facts, (id) => id)).toBe(facts);
  });
});
