// The office signed this phone out for good. What it may no longer hold goes at once; what was not sent, drafts too, is handed in with a token
// for the own inbox alone; then everything goes. Nothing unsent goes before the server has it, but for a phone that was reported stolen.
// See docs/decisions/0079.
import { createSignal } from 'solid-js';
import type { Draft } from '../forms-contract.ts';
import { type Databases, type InboxDocument, reassignAreas, remote } from './databases.ts';
import { readSetting, removeSetting, writeSetting } from './desk.ts';
import { drafts } from './drafts.ts';
import { draftMedia, unsentMedia } from './media.ts';
import { retrySeconds } from './pauses.ts';
import { forgetAreas } from './records.ts';
import { ask, endSession, FAREWELL, forgetSession, OutOfReach, saidBy, session, sessionState, signed, timed } from './session.ts';
import { sheets } from './submissions.ts';
import { sendMedia } from './send_media.ts';
import { pushInbox } from './sync.ts';
import { clearPhone, unsentWork, workingDay } from './working_day.ts';

const LOCK = 'doorstep-sync'; // the round's own: one tab at a time
const COUNTED = 'handing_in';

export interface Counted {
  submissions: number;
  photos: number;
  drafts: number;
}
/** What the sign-in screen tells afterwards. `at_once`: it was not handed in. */
export type Farewell = Counted & { at_once: boolean };

export type HandingIn =
  | { state: 'running'; left: Counted }
  /** something could not be sent; it is tried again by itself, and nothing unsent has gone */
  | { state: 'later'; left: Counted; next_at: number; detail: string };

const NOTHING: Counted = { submissions: 0, photos: 0, drafts: 0 };
const [handingIn, setHandingIn] = createSignal<HandingIn>({ state: 'running', left: NOTHING });
export { handingIn };

let failures = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let running: Promise<void> | null = null;

/** One try at a time; called when the screen opens, when the network is back, by the button, and by itself after a pause. */
export function handInNow(): Promise<void> {
  clearTimeout(timer);
  running ??= exclusively(tryOnce).finally(() => (running = null));
  return running;
}

async function tryOnce(): Promise<void> {
  const current = sessionState();
  const opened = workingDay();
  if (current.state !== 'handing_in' || !opened) return;
  setHandingIn({ state: 'running', left: await unsentWork() });
  try {
    await reassignAreas(opened, []); // the households, before anything is asked
    forgetAreas([]);
    if (current.at_once) return await clear(opened, true);
    await handIn(opened, current.session.refresh_token);
  } catch (error) {
    failures += 1;
    const seconds = retrySeconds(failures, Math.random());
    setHandingIn({ state: 'later', left: await unsentWork(), next_at: Date.now() + seconds * 1000, detail: (error as Error).message });
    timer = setTimeout(() => void handInNow(), seconds * 1000);
  }
}

/** Throws when something is left that the server has not. */
async function handIn(opened: Databases, refreshToken: string): Promise<void> {
  const counted = (await readSetting<Counted>(COUNTED)) ?? (await unsentWork());
  await writeSetting(COUNTED, counted);
  const granted = await ask('POST', '/api/session/hand-in', { refresh_token: refreshToken });
  if (!granted.ok) return refused(opened, granted);
  const { access_token, sync } = (await granted.json()) as { access_token: string; sync: { url: string; inbox: string; media: string } };
  const fetching = (input: RequestInfo | URL, init?: RequestInit, secondsMax?: number) => timed(input, signed(init ?? {}, access_token), secondsMax);
  const base = new URL(sync.url, location.origin).href.replace(/\/$/, '');
  const at = <T extends object>(name: string) => remote<T>(`${base}/${name}`, fetching);

  await pushInbox(opened, at<InboxDocument>(sync.inbox));
  await pushDrafts(at(sync.inbox), drafts());
  await sendMedia(`${base}/${sync.media}`, fetching, [...(await unsentMedia(sheets().map(({ submission }) => submission))), ...(await draftMedia(drafts()))]);
  const left = await unsentWork();
  if (left.submissions > 0 || left.photos > 0) throw new OutOfReach(refusals());

  const done = await ask('POST', '/api/session/handed-in', { refresh_token: refreshToken, ...counted });
  if (!done.ok) return refused(opened, done);
  await clear(opened, false);
}

/** The server's no, which may say something new: to clear at once, or that one may sign in again. */
async function refused(opened: Databases, response: Response): Promise<void> {
  const { error, reason } = await saidBy(response);
  if (error === 'wipe') return clear(opened, true);
  if (response.status === 401) return endSession(true);
  throw new OutOfReach(`${response.status} ${reason}`);
}

/** A form begun and not finished is no submission. It lies in the inbox as what it is, and the office lists it. */
export async function pushDrafts(inbox: PouchDB.Database, all: Draft[]): Promise<void> {
  const current = session()!;
  for (const draft of all)
    try {
      await inbox.put({ ...draft, _id: `draft:${draft.id}`, type: 'draft', worker: current.worker.id, device: current.device } as never);
    } catch (error) {
      if ((error as { status?: number }).status !== 409) throw error; // it is there already
    }
}

/** Cut short here, the next start goes on with it. */
async function clear(opened: Databases, atOnce: boolean): Promise<void> {
  const counted = (await readSetting<Counted>(COUNTED)) ?? (await unsentWork());
  const told = await readSetting<Farewell>(FAREWELL);
  await writeSetting(FAREWELL, told ?? { ...counted, at_once: atOnce });
  await endSession('wipe');
  await clearPhone(opened);
  await removeSetting(COUNTED);
  await removeSetting('device'); // this phone's id is dead
  await forgetSession();
}

function refusals(): string {
  const said = sheets().flatMap(({ state }) => (state.state === 'waiting' && state.refused ? [state.refused] : []));
  return said[0] ?? '';
}

async function exclusively(work: () => Promise<void>): Promise<void> {
  if (!globalThis.navigator?.locks) return work();
  await navigator.locks.request(LOCK, work);
}
