// Areas that are not this worker's any more: their copies go from the phone, what the worker typed stays, and the person is told both.
import { createSignal } from 'solid-js';
import { type Databases, reassignAreas } from './databases.ts';
import { readSetting, removeSetting, writeSetting } from './desk.ts';
import type { Text } from './documents.ts';
import { areas, forgetAreas } from './records.ts';
import { type Sheet, sheets } from './submissions.ts';

/** What the person is to be told until they have read it. `submissions`: theirs in these areas that were unsent when the areas went. */
export interface TakenAway {
  areas: { id: string; name: Text }[];
  submissions: string[];
}

const [takenAway, setTakenAway] = createSignal<TakenAway | null>(null);
export { takenAway };

export async function loadTakenAway(worker: string): Promise<void> {
  setTakenAway((await readSetting<TakenAway>(setting(worker))) ?? null);
}

/** Opens what is new, and destroys what this worker may no longer hold: the database of the area with its index. Inbox, photos and drafts lie elsewhere. */
export async function giveUpAreas(opened: Databases, wanted: string[], adapter?: string): Promise<void> {
  const leaving = [...opened.areas.keys()].filter((name) => !wanted.includes(name));
  if (leaving.length > 0) await note(opened.worker, leaving.map((name) => name.replace(/^area-/, '')));
  if (await reassignAreas(opened, wanted, adapter)) forgetAreas(wanted);
}

export async function readTakenAway(worker: string): Promise<void> {
  await removeSetting(setting(worker));
  setTakenAway(null);
}

/** How many of the noted submissions the server has by now, and how many it has not. */
export function handedIn(noted: TakenAway, all: Sheet[]): { sent: number; left: number } {
  const left = all.filter(({ submission, state }) => state.state === 'waiting' && noted.submissions.includes(submission._id)).length;
  return { sent: noted.submissions.length - left, left };
}

/** On the disk before anything goes; news that has not been read yet is added to. */
async function note(worker: string, ids: string[]): Promise<void> {
  const before = (await readSetting<TakenAway>(setting(worker))) ?? { areas: [], submissions: [] };
  const unsent = sheets().filter(({ submission, state }) => unsentBeforeTheRound(state) && ids.includes(submission.area));
  const noted: TakenAway = {
    areas: [...before.areas.filter(({ id }) => !ids.includes(id)), ...ids.map((id) => ({ id, name: areas().get(id)?.name ?? { zh: id, en: id } }))],
    submissions: [...new Set([...before.submissions, ...unsent.map(({ submission }) => submission._id)])],
  };
  await writeSetting(setting(worker), noted);
  setTakenAway(noted);
}

/** Waiting, or sent without a receipt: the round in which the news comes has just sent it. */
const unsentBeforeTheRound = ({ state }: Sheet['state']): boolean => state === 'waiting' || state === 'sent';

const setting = (worker: string): string => `taken_away/${worker}`;
