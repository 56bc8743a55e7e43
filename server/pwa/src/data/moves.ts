// Doors and people that moved to another grid: who is told what. The old worker sees where they went, the new one from where they came.
import { createSignal } from 'solid-js';
import { readSetting, writeSetting } from './desk.ts';
import type { MovedDocument, RecordKind } from './documents.ts';
import { naturally, type Row, wordsOf } from './rows.ts';

/** A door that moved, with how much of what lies with it moved along; or a person or another record that moved by itself. */
export interface Move {
  key: string;
  way: 'away' | 'here';
  id: string;
  kind: RecordKind;
  label: string;
  /** where it lies now */
  area: string;
  /** where it lay before, as far as this phone knows: of what came */
  from: string[];
  /** null: it went to live with somebody who was there before; since when, the record of those says */
  at: string | null;
  along: number;
}

export const NEWS_DAYS_MAX = 30; // a phone that is new in an area is not told its whole past
const DAY_MILLISECONDS = 86_400_000;

/** Newest first. `left` holds nothing that this phone has through another of its areas: that has not left it. */
export function movesAway(left: ReadonlyMap<string, MovedDocument>): Move[] {
  const all = new Map<string, One>();
  for (const { _id: id, kind, label, area, at, with: along } of left.values()) all.set(id, { id, kind, label, area, from: [], at, with: along });
  return movesOf('away', all);
}

/** Those whose label has every word of the query. */
export function calledLike(left: ReadonlyMap<string, MovedDocument>, query: string): ReadonlyMap<string, MovedDocument> {
  const words = wordsOf(query);
  return new Map([...left].filter(([, { label }]) => words.every((word) => label.toLowerCase().includes(word))));
}

/** Newest first. `mine`: the areas of this worker; a record that is here for a link alone has not come. */
export function movesHere(rows: Iterable<Row>, mine: readonly string[]): Move[] {
  const all = new Map<string, One>();
  for (const { id, kind, label, area, moved } of rows)
    if (moved && mine.includes(area)) all.set(id, { id, kind, label, area, from: moved.from, at: moved.at, with: moved.with });
  return movesOf('here', all);
}

/** What is to be told: not read yet, and not long ago. */
export function newsOf(moves: readonly Move[], read: ReadonlySet<string> | null, now: Date): Move[] {
  return moves.filter(({ key, at }) => read?.has(key) === false && (at === null || now.getTime() - Date.parse(at) < NEWS_DAYS_MAX * DAY_MILLISECONDS));
}

interface One extends Pick<Move, 'id' | 'kind' | 'label' | 'area' | 'from'> {
  at: string | undefined;
  with: string | undefined;
}

function movesOf(way: Move['way'], all: ReadonlyMap<string, One>): Move[] {
  const along = new Map<string, number>();
  const moved: One[] = [];
  for (const one of all.values()) {
    const first = leader(one, all);
    if (first === one) moved.push(one);
    else along.set(first.id, (along.get(first.id) ?? 0) + 1);
  }
  return moved
    .map(({ id, kind, label, area, from, at = null }) => ({ key: `${way} ${id} ${area} ${at ?? ''}`, way, id, kind, label, area, from, at, along: along.get(id) ?? 0 }))
    .sort((a, b) => Date.parse(b.at ?? '9999') - Date.parse(a.at ?? '9999') || naturally(a.label, b.label));
}

/** The record that this one went with: a case with its person, the person with the door. Those that went with each other go by themselves. */
function leader(one: One, all: ReadonlyMap<string, One>): One {
  const passed = new Set([one]);
  let first = one;
  for (let next = all.get(first.with ?? ''); next !== undefined; next = all.get(first.with ?? '')) {
    if (passed.has(next)) return one;
    passed.add((first = next));
  }
  return first;
}

// ---- what the worker who is signed in has read

const [readMoves, setReadMoves] = createSignal<ReadonlySet<string> | null>(null);
/** Null until it is known: then nothing is told yet. */
export { readMoves };

export async function loadReadMoves(worker: string): Promise<void> {
  setReadMoves(new Set((await readSetting<string[]>(setting(worker))) ?? []));
}

/** `known`: what could still be told; of older news nothing need be remembered. */
export async function readNews(worker: string, news: readonly Move[], known: readonly Move[]): Promise<void> {
  const keys = new Set(known.map(({ key }) => key));
  const next = new Set([...(readMoves() ?? []), ...news.map(({ key }) => key)].filter((key) => keys.has(key)));
  setReadMoves(next);
  await writeSetting(setting(worker), [...next]);
}

const setting = (worker: string): string => `moves_read/${worker}`;
