// A household moves to another grid: what the old worker and the new one are told.
import 'fake-indexeddb/auto';
import { describe, expect, test } from 'vitest';
import type { MovedDocument, RecordKind } from './documents.ts';
import { loadReadMoves, movesAway, movesHere, NEWS_DAYS_MAX, newsOf, readMoves, readNews } from './moves.ts';
import type { Row } from './rows.ts';

const AT = '2026-02-03T09:12:00Z';
const left = (id: string, label: string, at = AT, area = 'g0312'): MovedDocument => ({ _id: id, type: 'moved', kind: id.split(':')[0] as RecordKind, label, area, at });
const row = (id: string, label: string, more: Partial<Row> = {}): Row => ({ id, kind: id.split(':')[0] as RecordKind, area: 'g0312', label, search: '', facts: {}, clock: '', pending: [], ...more });

describe('the old worker', () => {
  const all = [left('person:1', '何伶俐'), left('household:a', '2栋 301'), left('quarantine_case:1', '何伶俐'), left('person:2', '刘明', '2026-02-04T08:00:00Z')];
  test('is told of a door once, with those behind it counted, and of a person who moved alone; the newest first', () => {
    expect(movesAway(all, new Map()).map(({ areas, records, along }) => [areas[0]!.id, records.map(({ label }) => label).join(), along])).toEqual([['g0312', '刘明', 0], ['g0312', '2栋 301', 2]]);
  });
  test('is not told that something left which their other grid holds', () => {
    expect(movesAway(all, new Map([['person:2', row('person:2', '刘明')]])).map(({ records }) => records[0]!.label)).toEqual(['2栋 301']);
  });
  test('sees the name of the grid that the centre gave', () => {
    expect(movesAway([{ ...left('household:a', ''), area_name: { zh: '第二网格', en: 'Grid 2' } }], new Map())[0]!.areas).toEqual([{ id: 'g0312', name: { zh: '第二网格', en: 'Grid 2' } }]);
  });
});

describe('the new worker', () => {
  const moved = { from: ['g0311'], at: AT };
  test('is told from where a door came, with those behind it', () => {
    const rows = [row('household:a', '2栋 301', { moved }), row('person:1', '何伶俐', { moved }), row('household:b', '2栋 302')];
    expect(movesHere(rows, ['g0312'])).toMatchObject([{ way: 'here', areas: [{ id: 'g0311' }], records: [{ label: '2栋 301' }], along: 1 }]);
  });
  test('is told nothing of what is here only because it is linked', () => {
    expect(movesHere([row('person:1', '何伶俐', { moved, area: 'g0399' })], ['g0312'])).toEqual([]);
  });
});

describe('news', () => {
  const moves = movesAway([left('household:a', '2栋 301'), left('household:b', '2栋 302', '2026-02-05T09:00:00Z')], new Map());
  const now = new Date('2026-02-06T00:00:00Z');
  test('is told until it was read, each by itself, also after the app was closed', async () => {
    expect(newsOf(moves, new Set(), now)).toHaveLength(2);
    await readNews('w0042', [moves[0]!], moves);
    expect(newsOf(moves, readMoves(), now).map(({ records }) => records[0]!.label)).toEqual(['2栋 301']);
    await loadReadMoves('w0001');
    expect(newsOf(moves, readMoves(), now)).toHaveLength(2);
    await loadReadMoves('w0042');
    expect(newsOf(moves, readMoves(), now)).toHaveLength(1);
  });
  test('is not told when it is old: a phone that is new in an area does not learn its whole past', () => {
    expect(newsOf(moves, new Set(), new Date(Date.parse(AT) + (NEWS_DAYS_MAX + 1) * 86_400_000)).map(({ records }) => records[0]!.label)).toEqual(['2栋 302']);
  });
});
