// Doors and people that moved to another grid: who is told what. The old worker sees where they went, the new one from where they came.
import { createSignal } from 'solid-js';
import { readSetting, writeSetting } from './desk.ts';
import type { MovedDocument, RecordKind, Text } from './documents.ts';
import type { Row } from './rows.ts';

/** What moved in one step, a door with everyone behind it. */
export interface Move {
  key: string;
  way: 'away' | 'here';
  /** where it lies now, of what moved away; where it lay before, of what came */
  areas: { id: string; name?: Text }[];
  at: string;
  /** the doors; where none moved, the people or records by themselves */
  records: { id: string; kind: RecordKind; label: string }[];
  /** how many records moved along with the doors */
  along: number;
}

export const NEWS_DAYS_MAX = 30; // a phone that is new in an area is not told its whole past
const DAY_MILLISECONDS = 86_400_000;

/** Newest first. What this phone holds through another of its areas has not left it. */
export function movesAway(left: Iterable<MovedDocument>, rows: ReadonlyMap<string, Row>): Move[] {
  const gone = [...left].filter(({ _id }) => !rows.has(_id));
  return grouped('away', gone.map(({ _id, kind, label, area, area_name, at }) => ({ id: _id, kind, label, at, areas: [{ id: area, ...(area_name ? { name: area_name } : {}) }] })));
}

/** Newest first. `mine`: the areas of this worker; a record that is here for a link alone has not come. */
export function movesHere(rows: Iterable<Row>, mine: readonly string[]): Move[] {
  const come: One[] = [];
  for (const { id, kind, label, area, moved } of rows) if (moved && mine.includes(area)) come.push({ id, kind, label, at: moved.at, areas: moved.from.map((from) => ({ id: from })) });
  return grouped('here', come);
}

/** What is to be told: not read yet, and not long ago. */
export function newsOf(moves: readonly Move[], read: ReadonlySet<string> | null, now: Date): Move[] {
  return moves.filter(({ key, at }) => read?.has(key) === false && now.getTime() - Date.parse(at) < NEWS_DAYS_MAX * DAY_MILLISECONDS);
}

interface One {
  id: string;
  kind: RecordKind;
  label: string;
  at: string;
  areas: Move['areas'];
}

function grouped(way: Move['way'], all: readonly One[]): Move[] {
  const steps = new Map<string, One[]>();
  for (const one of all) {
    const key = `${way} ${one.at} ${one.areas.map(({ id }) => id).join(' ')}`;
    const step = steps.get(key);
    if (step) step.push(one);
    else steps.set(key, [one]);
  }
  return [...steps]
    .map(([key, step]) => {
      const doors = step.filter(({ kind }) => kind === 'household');
      const people = step.filter(({ kind }) => kind === 'person');
      const records = doors.length > 0 ? doors : people.length > 0 ? people : step;
      return { key, way, at: step[0]!.at, areas: step[0]!.areas, records: records.map(({ id, kind, label }) => ({ id, kind, label })), along: step.length - records.length };
    })
    .sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
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
