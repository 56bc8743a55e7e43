// A household moves to another grid: what the old worker and the new one are told.
import 'fake-indexeddb/auto';
import { describe, expect, test } from 'vitest';
import type { MovedDocument, RecordKind } from './documents.ts';
import { calledLike, loadReadMoves, movesAway, movesHere, NEWS_DAYS_MAX, newsOf, readMoves, readNews } from './moves.ts';
import type { Row } from './rows.ts';

const AT = '2026-02-03T09:12:00Z';
const left = (id: string, label: string, more: Partial<MovedDocument> = { at: AT }): MovedDocument => ({ _id: id, type: 'moved', kind: id.split(':')[0] as RecordKind, label, area: 'g0312', ...more });
const traces = (...all: MovedDocument[]) => new Map(all.map((each) => [each._id, each]));
const row = (id: string, label: string, more: Partial<Row> = {}): Row => ({ id, kind: id.split(':')[0] as RecordKind, area: 'g0312', label, search: '', facts: {}, clock: '', pending: [], ...more });

describe('the old worker', () => {
  const door = left('household:a', '2栋 301');
  const behind = [left('person:1', '何伶俐', { with: 'household:a' }), left('quarantine_case:1', '何伶俐', { with: 'person:1' })];
  test('is told of a door once, with those behind it counted, and of a person who moved alone; the newest first', () => {
    const alone = left('person:2', '刘明', { at: '2026-02-04T08:00:00Z' });
    expect(movesAway(traces(...behind, door, alone)).map(({ area, label, along, at }) => [area, label, along, at])).toEqual([['g0312', '刘明', 0, '2026-02-04T08:00:00Z'], ['g0312', '2栋 301', 2, AT]]);
  });
  test('is told of a person who went to live behind a door of another grid, of which nothing is known here', () => {
    expect(movesAway(traces(left('person:2', '刘明', { with: 'household:z' })))).toMatchObject([{ label: '刘明', at: null, along: 0 }]);
  });
  test('finds what has left by searching, also who went with a door', () => {
    const found = (query: string) => movesAway(calledLike(traces(...behind, door), query)).map(({ label, kind }) => [label, kind]);
    expect(found('301 2栋')).toEqual([['2栋 301', 'household']]);
    expect(found('何伶')).toEqual([['何伶俐', 'person']]);
    expect(found('302')).toEqual([]);
  });
  test('records that say they went with each other are each told of', () => {
    expect(movesAway(traces(left('person:1', '何', { with: 'person:2' }), left('person:2', '何', { with: 'person:1' }))).map(({ kind }) => kind)).toEqual(['person', 'person']);
  });
});

describe('the new worker', () => {
  const moved = { from: ['g0311'], at: AT };
  test('is told from where a door came, with those behind it', () => {
    const rows = [row('household:a', '2栋 301', { moved }), row('person:1', '何伶俐', { moved: { from: ['g0311'], with: 'household:a' } }), row('household:b', '2栋 302')];
    expect(movesHere(rows, ['g0312'])).toMatchObject([{ way: 'here', area: 'g0312', from: ['g0311'], label: '2栋 301', along: 1 }]);
  });
  test('is told nothing of what is here only because it is linked', () => {
    expect(movesHere([row('person:1', '何伶俐', { moved, area: 'g0399' })], ['g0312'])).toEqual([]);
  });
});

describe('news', () => {
  const moves = movesAway(traces(left('household:a', '2栋 301'), left('household:b', '2栋 302', { at: '2026-02-05T09:00:00Z' })));
  const now = new Date('2026-02-06T00:00:00Z');
  test('is told until it was read, each by itself, also after the app was closed', async () => {
    expect(newsOf(moves, new Set(), now)).toHaveLength(2);
    await readNews('w0042', [moves[0]!], moves);
    expect(newsOf(moves, readMoves(), now).map(({ label }) => label)).toEqual(['2栋 301']);
    await loadReadMoves('w0001');
    expect(newsOf(moves, readMoves(), now)).toHaveLength(2);
    await loadReadMoves('w0042');
    expect(newsOf(moves, readMoves(), now)).toHaveLength(1);
  });
  test('is not told when it is old: a phone that is new in an area does not learn its whole past', () => {
    expect(newsOf(moves, new Set(), new Date(Date.parse(AT) + (NEWS_DAYS_MAX + 1) * 86_400_000)).map(({ label }) => label)).toEqual(['2栋 302']);
  });
});
