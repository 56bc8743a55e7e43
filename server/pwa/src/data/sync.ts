// One sync round at a time: push the inbox, pull the inbox, pull the forms, pull the areas, push photos and files. It starts when
// the app is opened or seen again, on reconnect, after a save, every few minutes, by the button, and soon after a push for
// its receipts. What fails says in words what failed and when the next try is.
import { createSignal } from 'solid-js';
import { type Databases, type InboxDocument, readLocal, remote, writeLocal } from './databases.ts';
import { unsentMedia } from './media.ts';
import { nextSeconds, retrySeconds } from './pauses.ts';
import { refreshArea, reloadForms } from './records.ts';
import { type Fetching, sendMedia } from './send_media.ts';
import { adoptStoredSession, authorizedFetch, OutOfReach, refresh, renewIfNeeded, session, SessionEnded, sessionState, Updating } from './session.ts';
import { acknowledge, acknowledged, onSaved, reloadInbox, sheets } from './submissions.ts';
import { giveUpAreas } from './taken_away.ts';

const PULL_BATCH_SIZE = 200; // a slow first download then shows that it moves
const PUSH_BATCH_SIZE = 25; // a batch refused as too large is not split by PouchDB
const ONE_BY_ONE_MAX = 50; // documents sent apart after a batch was turned away
const MEDIA_PER_ROUND_MAX = 20;
const STALLED_SECONDS_MAX = 150; // without an answer of the server or a document written: a step that hangs must not hold up all later rounds
const LOCK = 'doorstep-sync';
const SYNCED = 'synced';

export type Step = 'push_inbox' | 'pull_inbox' | 'pull_area' | 'pull_forms' | 'push_media';
export type Why = 'out_of_reach' | 'updating' | 'session_ended' | 'forbidden' | 'missing' | 'server' | 'server_full' | 'phone_full' | 'unknown';

export type SyncState =
  | { state: 'idle' }
  | { state: 'running'; step: Step; position: number; steps: number; done: number; total: number | null }
  | { state: 'synced' }
  | { state: 'failed'; step: Step; why: Why; detail: string; next_at: number };

const [syncState, setSyncState] = createSignal<SyncState>({ state: 'idle' });
const [syncedAt, setSyncedAt] = createSignal<number | null>(null);
/** When a round last went through wholly, by this phone's clock. */
export { syncedAt, syncState };

let databases: Databases | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
let running: Promise<void> | null = null;
let again = false;
let failures = 0;
let looks = 0;
let lastSign = 0; // when the server last answered
let channel: BroadcastChannel | undefined;
let stopListening = () => {};

export async function startSync(opened: Databases): Promise<void> {
  databases = opened;
  setSyncedAt((await readLocal<{ at: number }>(databases.inbox, SYNCED))?.at ?? null);
  const online = () => {
    failures = 0;
    void syncNow();
  };
  const seen = () => {
    if (document.visibilityState === 'visible') void syncNow();
  };
  window.addEventListener('online', online);
  document.addEventListener('visibilitychange', seen);
  channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('doorstep');
  channel?.addEventListener('message', () => void takeIn());
  stopListening = () => {
    window.removeEventListener('online', online);
    document.removeEventListener('visibilitychange', seen);
    channel?.close();
  };
  onSaved(() => void syncNow());
  void syncNow();
}

export async function stopSync(): Promise<void> {
  clearTimeout(timer);
  stopListening();
  databases = null;
  again = false;
  await running;
  setSyncState({ state: 'idle' });
}

/** Starts a round; while one runs, another follows it. Resolves when nothing more is to do now. */
export function syncNow(): Promise<void> {
  if (running) {
    again = true;
    return running;
  }
  clearTimeout(timer);
  running = rounds().finally(() => (running = null));
  return running;
}

async function rounds(): Promise<void> {
  do {
    again = false;
    await exclusively(round);
  } while (again && databases);
}

async function round(): Promise<void> {
  const opened = databases;
  if (!opened || sessionState().state !== 'signed_in') return;
  const doing: Doing = { step: 'push_inbox', error: null };
  const fetching = async (input: RequestInfo | URL, init?: RequestInit, secondsMax?: number) => {
    try {
      const response = await authorizedFetch(input, init, secondsMax);
      lastSign = Date.now();
      if (response.status >= 400 && response.status !== 404 && response.status !== 409) doing.error ??= { status: response.status, message: `HTTP ${response.status}` };
      return response;
    } catch (error) {
      doing.error ??= error;
      throw error;
    }
  };
  try {
    await renewIfNeeded();
    await steps(opened, fetching, doing);
    failures = 0;
    setSyncState({ state: 'synced' });
    setSyncedAt(Date.now());
    await writeLocal(opened.inbox, SYNCED, { at: Date.now() });
    channel?.postMessage('synced');
    schedule(nextSeconds(unanswered(), looks++));
  } catch (error) {
    failures += 1;
    const seconds = retrySeconds(failures, Math.random());
    const cause = doing.error ?? error;
    if (whyOf(cause) === 'forbidden') await refresh().catch(() => undefined); // learns which areas are this worker's now
    setSyncState({ state: 'failed', step: doing.step, why: whyOf(cause), detail: String((cause as Error)?.message ?? cause), next_at: Date.now() + seconds * 1000 });
    schedule(seconds);
  }
}

/** The step at work and the first thing that went wrong in it, as the fetch saw it: PouchDB wraps errors in its own. */
type Doing = { step: Step; error: unknown };

/** Each step in turn. One that fails by its own fault (an area taken away, a full server) does not hold up the others; without a network none is tried further. */
async function steps(opened: Databases, fetching: typeof fetch & Fetching, doing: Doing): Promise<void> {
  const sync = session()!.sync;
  const base = new URL(sync.url, location.origin).href.replace(/\/$/, '');
  const at = <T extends object>(name: string) => remote<T>(`${base}/${name}`, fetching);
  const plan: [Step, (progress: Progress) => Promise<void>][] = [
    ['push_inbox', () => pushInbox(opened, at<InboxDocument>(sync.inbox))],
    ['pull_inbox', (progress) => pullInbox(opened, at<InboxDocument>(sync.inbox), progress)],
    ['pull_forms', (progress) => pullForms(opened, at(sync.forms), progress)],
    ...sync.areas.map((name) => ['pull_area', (progress: Progress) => pullArea(opened, name, at(name), progress)] as (typeof plan)[number]),
    [
      'push_media',
      async (progress) => {
        const all = await unsentMedia(sheets().map(({ submission }) => submission));
        const unsent = all.sort((one, other) => one.bytes - other.bytes).slice(0, MEDIA_PER_ROUND_MAX); // a video waits for the photos
        let begun = 0;
        await sendMedia(`${base}/${sync.media}`, fetching, unsent, (secondsMax) => {
          progress(begun++, unsent.length);
          lastSign = Date.now() + secondsMax * 1000; // while a file goes up the server has nothing to say
        });
      },
    ],
  ];
  let failed: { step: Step; error: unknown } | null = null;
  for (const [index, [step, work]] of plan.entries()) {
    const announce: Progress = (done, total) => {
      lastSign = Date.now();
      setSyncState({ state: 'running', step, position: index + 1, steps: plan.length, done, total });
    };
    Object.assign(doing, { step, error: null });
    announce(0, null);
    try {
      await unlessStalled(work(announce));
    } catch (error) {
      failed ??= { step, error: doing.error ?? error };
    }
    if (step === 'push_inbox') await giveUpAreas(opened, sync.areas); // after what was unsent, and even if that could not be sent: it lies elsewhere
    if (failed && (failed.error instanceof OutOfReach || sessionState().state !== 'signed_in')) break;
  }
  if (!failed) return;
  Object.assign(doing, failed);
  throw failed.error;
}

function unlessStalled(work: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const watch = setInterval(() => {
      if (Date.now() - lastSign <= STALLED_SECONDS_MAX * 1000) return;
      clearInterval(watch);
      reject(new OutOfReach('no sign of life'));
    }, 5_000);
    work.then(resolve, reject).finally(() => clearInterval(watch));
  });
}

type Progress = (done: number, total: number | null) => void;

async function pullInbox(opened: Databases, from: PouchDB.Database<InboxDocument>, progress: Progress): Promise<void> {
  if ((await pull(opened.inbox, from, progress)) === 0) return;
  await reloadInbox();
  await acknowledge([], {});
}

async function pullArea(opened: Databases, name: string, from: PouchDB.Database, progress: Progress): Promise<void> {
  if ((await pull(opened.areas.get(name)!, from, progress)) > 0) await refreshArea(name);
}

async function pullForms(opened: Databases, from: PouchDB.Database, progress: Progress): Promise<void> {
  if ((await pull(opened.forms, from, progress)) === 0) return;
  await reloadForms();
  await refresh().catch(() => undefined); // tells the office at once that this phone has them
}

/** `sent` is noted only after a push that began when the document was there has ended well: its checkpoint is past all of them. */
export async function pushInbox(opened: Databases, inbox: PouchDB.Database<InboxDocument>): Promise<void> {
  await reloadInbox(); // another tab may have saved
  const waiting = sheets().filter(({ state }) => state.state === 'waiting').map(({ submission }) => submission._id);
  if (waiting.length === 0) return;
  let refused: Record<string, string>;
  try {
    const pushed = await opened.inbox.replicate.to(inbox, { selector: { type: 'submission' }, batch_size: PUSH_BATCH_SIZE });
    refused = refusals(pushed.errors);
    // What was refused before lies behind the checkpoint: it is sent again by its id.
    const before = Object.keys(acknowledged().refused).filter((id) => waiting.includes(id) && !(id in refused));
    if (before.length > 0) Object.assign(refused, await pushByIds(opened, inbox, before));
  } catch (error) {
    // The whole batch was turned away. If that was for one document in it, the others must not wait for that one.
    const { status } = error as { status?: number };
    if (status === undefined || status === 401 || status < 400) throw error;
    refused = {};
    for (const id of waiting.slice(0, ONE_BY_ONE_MAX))
      await pushByIds(opened, inbox, [id]).then(
        (found) => Object.assign(refused, found),
        (reason) => (refused[id] = String((reason as { reason?: string; message?: string }).reason ?? (reason as Error).message)),
      );
    await acknowledge(waiting.slice(0, ONE_BY_ONE_MAX).filter((id) => !(id in refused)), refused);
    throw error;
  }
  await acknowledge(waiting.filter((id) => !(id in refused)), refused);
  looks = 0; // receipts come within seconds
}

async function pushByIds(opened: Databases, inbox: PouchDB.Database<InboxDocument>, ids: string[]): Promise<Record<string, string>> {
  return refusals((await opened.inbox.replicate.to(inbox, { doc_ids: ids, checkpoint: false, batch_size: PUSH_BATCH_SIZE })).errors);
}

async function pull<T extends object>(local: PouchDB.Database<T>, from: PouchDB.Database<T>, progress: Progress): Promise<number> {
  const replication = local.replicate.from(from, { batch_size: PULL_BATCH_SIZE });
  replication.on('change', (info) => {
    const { pending } = info as unknown as { pending?: number };
    progress(info.docs_written, typeof pending === 'number' ? info.docs_written + pending : null);
  });
  return (await replication).docs_written;
}

/** What other tabs brought in. */
async function takeIn(): Promise<void> {
  const opened = databases;
  if (!opened) return;
  await adoptStoredSession();
  await giveUpAreas(opened, session()?.sync.areas ?? []);
  await reloadInbox();
  for (const name of opened.areas.keys()) await refreshArea(name);
  setSyncedAt((await readLocal<{ at: number }>(opened.inbox, SYNCED))?.at ?? null);
}

function refusals(errors: unknown[] | undefined): Record<string, string> {
  const refused: Record<string, string> = {};
  for (const error of (errors ?? []) as { id?: string; reason?: string; message?: string; name?: string }[])
    if (error.id) refused[error.id] = error.reason ?? error.message ?? error.name ?? '';
  return refused;
}

function unanswered(): number {
  return sheets().filter(({ state }) => state.state === 'sent').length;
}

function schedule(seconds: number): void {
  clearTimeout(timer);
  if (databases) timer = setTimeout(() => void syncNow(), seconds * 1000);
}

export function whyOf(error: unknown): Why {
  const { status, name } = (error ?? {}) as { status?: number; name?: string };
  if (error instanceof SessionEnded) return 'session_ended';
  if (error instanceof Updating) return 'updating';
  if (error instanceof OutOfReach) return 'out_of_reach';
  if (name === 'QuotaExceededError' || name === 'indexed_db_went_bad') return 'phone_full';
  if (status === 401) return 'session_ended';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'missing';
  if (status === 507 || status === 413) return 'server_full';
  if (status !== undefined && status >= 500) return 'server';
  return 'unknown';
}

/** A round belongs to one tab at a time; a tab that finds another at it looks again later. */
async function exclusively(work: () => Promise<void>): Promise<void> {
  if (!globalThis.navigator?.locks) return work();
  await navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) => {
    if (lock) await work();
    else schedule(nextSeconds(1, 1));
  });
}

