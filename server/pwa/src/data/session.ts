// Who is signed in, and the one fetch that all replication goes through: it signs each request, refreshes the token
// shortly before it expires and on 401, and measures with every answer how far this phone's clock is from the server's.
import { createSignal } from 'solid-js';
import { isWrong, offset } from './clock.ts';
import { readSetting, removeSetting, writeSetting } from './desk.ts';
import type { Text } from './documents.ts';
import { useHouseholdKey } from './identity.ts';

const REFRESH_BEFORE_EXPIRY_MS = 60_000;
const REQUEST_SECONDS_MAX = 90;
const SESSION = 'session';
const ENDED = 'session_ended';
/** What the sign-in screen tells of the last worker's phone being cleared (data/handing_in.ts). */
export const FAREWELL = 'farewell';
const DATE_ROUNDED_MS = 2_000; // the header of every answer says the whole second; the sign-in's own answer is exact
const TOKEN_REASONS = /^(Unknown kid|Bad HMAC|Malformed token|Invalid iss claim)/i;

export interface Area {
  id: string;
  name: Text;
  place: string;
}

export interface Session {
  username: string;
  access_token: string;
  /** by this phone's clock */
  expires_at: number;
  refresh_token: string;
  device: string;
  household_key: string;
  worker: { id: string; name: string; roles: string[]; areas: Area[] };
  sync: { url: string; forms: string; areas: string[]; inbox: string; media: string };
  /** what the operator has set for phones; an older sign-in has none yet */
  settings?: PhoneSettings;
}

export interface PhoneSettings {
  /** whether photos keep where they were taken */
  photo_position: 'strip' | 'keep';
  attachment_bytes_max: number;
  /** map pictures of the same origin, where the operator has some: url is "/tiles/{z}/{x}/{y}.png" */
  tiles: { url: string; zoom_min: number; zoom_max: number; centre: { latitude: number; longitude: number } } | null;
}

export type SessionState =
  | { state: 'reading' }
  | { state: 'none' }
  | { state: 'signed_in'; session: Session }
  /** the office ended it: unsent work is kept, signing in again goes on with it */
  | { state: 'ended_by_office'; session: Session }
  /** the office signed this phone out for good: it hands in what is unsent and clears itself (data/handing_in.ts); `at_once`: it only clears itself */
  | { state: 'handing_in'; session: Session; at_once: boolean };

/** How the office ended a session, as the setting `session_ended` keeps it. */
type Ended = true | 'hand_in' | 'wipe';

export class SignInRefused extends Error {
  override name = 'SignInRefused';
  constructor(readonly status: number, readonly reason: string) {
    super(reason);
  }
}
/** The office ended the session: signing in again is the only way on. */
export class SessionEnded extends Error {
  override name = 'SessionEnded';
  status = 401;
}
/** No answer, or none that makes sense: a matter of the network, tried again by itself. */
export class OutOfReach extends Error {
  override name = 'OutOfReach';
}
/** Its answer says that the server is being updated (server/updating.py): it comes back by itself. */
export class Updating extends OutOfReach {
  override name = 'Updating';
}

const [sessionState, setSessionState] = createSignal<SessionState>({ state: 'reading' });
const [measured, setMeasured] = createSignal({ offset: 0, at: 0 });
export { sessionState };

/** How far this phone is ahead of the server, in milliseconds, as last measured. */
export const clockOffset = (): number => measured().offset;

/** Whether the person has to be told to set it right. */
export const clockIsWrong = (now: Date): boolean => isWrong(measured(), now.getTime());

export function session(): Session | null {
  const current = sessionState();
  return 'session' in current ? current.session : null;
}

export async function loadSession(): Promise<void> {
  const stored = await readSetting<Session>(SESSION);
  setMeasured({ offset: (await readSetting<number>('clock_offset_ms')) ?? 0, at: (await readSetting<number>('clock_measured_at')) ?? 0 });
  if (!stored) return void setSessionState({ state: 'none' });
  await useHouseholdKey(stored.household_key);
  const ended = await readSetting<Ended>(ENDED);
  setSessionState(ended ? endedState(stored, ended) : { state: 'signed_in', session: stored });
}

function endedState(current: Session, ended: Ended): SessionState {
  return ended === true ? { state: 'ended_by_office', session: current } : { state: 'handing_in', session: current, at_once: ended === 'wipe' };
}

/** On the disk first: a phone that dies now knows it when it starts again. */
export async function endSession(ended: Ended): Promise<void> {
  const current = session();
  if (!current) return;
  await writeSetting(ENDED, ended);
  setSessionState(endedState(current, ended));
}

/** What another tab has stored: the areas may be others. */
export async function adoptStoredSession(): Promise<void> {
  const stored = await readSetting<Session>(SESSION);
  if (stored?.worker.id === session()?.worker.id && stored && sessionState().state === 'signed_in') setSessionState({ state: 'signed_in', session: stored });
}

let heldForms: () => Record<string, string> | null = () => null;
/** What is told with each sign-in and refresh: the version of each form that this phone opens; null before it is known. */
export function tellForms(held: () => Record<string, string> | null): void {
  heldForms = held;
}

function aboutThisPhone(): { app: string; forms?: Record<string, string> } {
  const forms = heldForms();
  return { app: __APP_VERSION__, ...(forms ? { forms } : {}) };
}

/** Needs the network, once. The device keeps its id over sign-ins. */
export async function signIn(username: string, password: string): Promise<Session> {
  const device = session()?.device ?? (await readSetting<string>('device'));
  const response = await ask('POST', '/api/session', { username, password, ...(device ? { device } : {}), ...aboutThisPhone() });
  if (!response.ok) throw new SignInRefused(response.status, await reasonOf(response));
  return keep(username, await response.json());
}

/** Revokes at the centre what it can; the phone's own copy goes only after what was unsent is handed in (screens/me). */
export async function signOut(): Promise<void> {
  try {
    await authorizedFetch('/api/session', { method: 'DELETE' });
  } catch (error) {
    if (!(error instanceof OutOfReach || error instanceof SessionEnded)) throw error;
  }
  const device = session()?.device;
  if (device) await writeSetting('device', device);
  await forgetSession();
}

/** Nobody is signed in on this phone any more. */
export async function forgetSession(): Promise<void> {
  await removeSetting(SESSION);
  await removeSetting(ENDED);
  setSessionState({ state: 'none' });
  otherTabs?.postMessage('signed out');
}

/** A tab left open by the side must not go on with what is gone. */
const otherTabs = typeof BroadcastChannel === 'undefined' || typeof location === 'undefined' ? undefined : new BroadcastChannel('doorstep-session');
otherTabs?.addEventListener('message', () => location.reload());

/** The fetch of all replication and of /api. */
export async function authorizedFetch(input: RequestInfo | URL, init: RequestInit = {}, secondsMax = REQUEST_SECONDS_MAX): Promise<Response> {
  await renewIfNeeded();
  const used = session()?.access_token;
  const response = await timed(input, signed(init, used), secondsMax);
  if (!(await refusesToken(response))) return response;
  if (session()?.access_token === used) await refresh();
  return timed(input, signed(init, session()?.access_token), secondsMax);
}

/** A token that is about to end is renewed before a round: then it is known which areas are this worker's now. */
export async function renewIfNeeded(): Promise<void> {
  if (expiresSoon()) await refresh();
}

/** Apache CouchDB says 400 to a token whose key it does not know (any more), and 401 to one that has ended. */
async function refusesToken(response: Response): Promise<boolean> {
  if (response.status !== 400) return response.status === 401;
  return TOKEN_REASONS.test(await reasonOf(response.clone()));
}

let refreshing: Promise<void> | null = null;

/** One refresh at a time in this page, and by a lock one at a time on this phone: the token is used up by its use. */
export function refresh(): Promise<void> {
  refreshing ??= exclusively(refreshNow).finally(() => (refreshing = null));
  return refreshing;
}

async function refreshNow(): Promise<void> {
  const mine = session();
  if (!mine || sessionState().state !== 'signed_in') throw new SessionEnded('not signed in');
  const stored = await readSetting<Session>(SESSION);
  if (stored && stored.access_token !== mine.access_token && stored.expires_at > Date.now() + REFRESH_BEFORE_EXPIRY_MS) {
    setSessionState({ state: 'signed_in', session: stored }); // another tab was faster
    return;
  }
  const response = await ask('POST', '/api/session/refresh', { refresh_token: (stored ?? mine).refresh_token, ...aboutThisPhone() });
  if (response.status === 401 || response.status === 403) {
    const { error, reason } = await saidBy(response);
    await endSession(error === 'hand_in' || error === 'wipe' ? error : true);
    throw new SessionEnded(reason);
  }
  if (!response.ok) throw new OutOfReach(`${response.status} ${await reasonOf(response)}`);
  await keep(mine.username, await response.json());
}

async function keep(username: string, answer: Omit<Session, 'username' | 'expires_at'> & { expires_in: number; time: string }): Promise<Session> {
  const { expires_in, time: _time, ...rest } = answer;
  const kept: Session = { ...rest, username, expires_at: Date.now() + expires_in * 1000 };
  await writeSetting(SESSION, kept);
  await removeSetting(ENDED);
  await removeSetting(FAREWELL);
  await useHouseholdKey(kept.household_key);
  setSessionState({ state: 'signed_in', session: kept });
  return kept;
}

export async function ask(method: string, path: string, body: object): Promise<Response> {
  const sentAt = Date.now();
  const response = await timed(path, { method, headers: { 'Content-Type': 'application/json', Accept: 'application/json' }, body: JSON.stringify(body) });
  const answer = response.ok && response.status !== 204 ? ((await response.clone().json()) as { time?: string }) : {};
  const time = answer.time ? Date.parse(answer.time) : NaN;
  if (Number.isFinite(time)) await keepOffset(offset(sentAt, Date.now(), time));
  return response;
}

async function keepOffset(ahead: number): Promise<void> {
  setMeasured({ offset: ahead, at: Date.now() });
  await writeSetting('clock_offset_ms', ahead);
  await writeSetting('clock_measured_at', measured().at);
}

/** Somebody may have set the clock since the last exact measurement: what an answer's header says counts where it is more than its own rounding away. */
async function seeDate(sentAt: number, response: Response): Promise<void> {
  const said = Date.parse(response.headers.get('Date') ?? '');
  const now = Date.now();
  const isOurs = response.headers.get('Content-Type')?.includes('json'); // the page of a hotel's network has a clock of its own
  if (!isOurs || Number.isNaN(said) || now < sentAt) return;
  const ahead = offset(sentAt, now, said + 500);
  if (Math.abs(ahead - clockOffset()) > DATE_ROUNDED_MS + (now - sentAt) / 2) await keepOffset(ahead).catch(() => undefined); // a full disk is no reason to refuse an answer
}

export async function timed(input: RequestInfo | URL, init: RequestInit, secondsMax = REQUEST_SECONDS_MAX): Promise<Response> {
  const limit = AbortSignal.timeout(secondsMax * 1000);
  const sentAt = Date.now();
  try {
    const response = await fetch(input, { ...init, signal: init.signal ? AbortSignal.any([init.signal, limit]) : limit });
    if (response.status === 503 && response.headers.has('Doorstep-Updating')) throw new Updating('the server is being updated');
    await seeDate(sentAt, response);
    return response;
  } catch (error) {
    if (error instanceof Updating || (error as Error).name === 'AbortError') throw error;
    throw new OutOfReach((error as Error).message);
  }
}

export function signed(init: RequestInit, token: string | undefined): RequestInit {
  const headers = new Headers(init.headers);
  if (token) headers.set('Authorization', `Bearer ${token}`);
  return { ...init, headers, credentials: 'omit' };
}

function expiresSoon(): boolean {
  const current = session();
  return current !== null && current.expires_at - Date.now() < REFRESH_BEFORE_EXPIRY_MS;
}

async function reasonOf(response: Response): Promise<string> {
  return (await saidBy(response)).reason;
}

/** The error of the server's answer: a code and a sentence. */
export async function saidBy(response: Response): Promise<{ error: string; reason: string }> {
  try {
    const { error = '', reason = response.statusText } = (await response.json()) as { error?: string; reason?: string };
    return { error, reason };
  } catch {
    return { error: '', reason: response.statusText };
  }
}

function exclusively<T>(work: () => Promise<T>): Promise<T> {
  return globalThis.navigator?.locks ? (navigator.locks.request('doorstep-refresh', work) as Promise<T>) : work();
}
