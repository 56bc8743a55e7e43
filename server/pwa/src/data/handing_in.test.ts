// @vitest-environment jsdom
import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Draft } from '../forms-contract.ts';
import { readSetting, removeSetting } from './desk.ts';
import { drafts, saveDraft } from './drafts.ts';
import { handingIn, handInNow } from './handing_in.ts';
import { endSession, forgetSession, loadSession, refresh, session, sessionState, signIn } from './session.ts';
import { saveSubmission, sheets } from './submissions.ts';
import { clearPhone, closeWorkingDay, openWorkingDay, workingDay } from './working_day.ts';

vi.hoisted(() => vi.stubGlobal('BroadcastChannel', undefined)); // there is one window, and this one cannot be loaded again

const SESSION = {
  expires_in: 900, device: 'd-7f3a0001', household_key: 'key', worker: { id: 'w0042', name: '王芳', roles: ['surveyor'], areas: [{ id: 'g0311', name: { zh: '第一网格', en: 'Grid 1' }, place: 'c0311' }] },
  sync: { url: '/sync/', forms: 'forms', areas: ['area-g0311'], inbox: 'worker-w0042', media: 'media-w0042' },
};
const finished = { form: 'household_survey', version: '1', area: 'g0311', answers: {}, based_on: {}, started_at: '2026-02-03T09:12:44+08:00', media: [], supersedes: null };
const draft: Draft = { id: '01J', form: 'household_survey', version: '1', area: 'g0311', title: '1栋 2单元 311', start: { place: 'c0311' }, started_at: '', updated_at: '', state: { xml: '<data/>' } };
const refusal = (status: number, error: string) => Response.json({ error, reason: error }, { status });

/** A centre that has signed this phone out; what it says when asked for a token to hand in, and what it took. */
class Centre {
  says: 'hand_in' | 'wipe' | 'unauthorized' = 'hand_in';
  reachable = true;
  takes = true;
  asked: string[] = [];
  taken = new Map<string, object>();
  handedIn: unknown = null;
  fetch = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const path = new URL(String(input), 'http://phone/').pathname;
    const method = init.method ?? 'GET';
    const body = init.body ? JSON.parse(String(init.body)) : {};
    this.asked.push(`${method} ${path}`);
    if (!this.reachable) throw new TypeError('Failed to fetch');
    if (path === '/api/session') return Response.json({ ...SESSION, access_token: 'a', refresh_token: 'r', time: new Date().toISOString() });
    if (path === '/api/session/refresh') return refusal(401, this.says);
    if (path === '/api/session/hand-in') return this.says === 'hand_in' ? Response.json({ access_token: 'inbox-only', expires_in: 900, sync: { url: '/sync/', inbox: 'worker-w0042', media: 'media-w0042' } }) : refusal(401, this.says);
    if (path === '/api/session/handed-in') return (this.handedIn = body), new Response(null, { status: 204 });
    if (new Headers(init.headers).get('Authorization') !== 'Bearer inbox-only') return refusal(401, 'unauthorized');
    if (!path.startsWith('/sync/worker-w0042')) return refusal(403, 'forbidden');
    return this.inbox(method, path.replace('/sync/worker-w0042', ''), body);
  };
  inbox(method: string, path: string, body: { docs?: { _id: string }[]; _id?: string }): Response {
    if (path.startsWith('/_local/')) return method === 'GET' ? refusal(404, 'not_found') : Response.json({ ok: true, id: path, rev: '0-1' }, { status: 201 });
    if (path === '/_revs_diff') return Response.json(Object.fromEntries(Object.entries(body).map(([id, revs]) => [id, { missing: revs }])));
    if (path === '/_bulk_docs' && !this.takes) return Response.json(body.docs!.map(({ _id }) => ({ id: _id, error: 'forbidden', reason: 'too many' })), { status: 201 });
    if (path === '/_bulk_docs') return body.docs!.forEach((doc) => this.taken.set(doc._id, doc)), Response.json([], { status: 201 });
    if (method === 'PUT') return this.taken.set(decodeURIComponent(path.slice(1)), body), Response.json({ ok: true, id: body._id, rev: '1-a' }, { status: 201 });
    return Response.json({ db_name: 'worker-w0042', update_seq: 0, doc_count: 0 });
  }
}

describe('a phone that the office signed out', () => {
  let centre: Centre;
  const onDisk = async () => (await indexedDB.databases()).flatMap(({ name }) => (name?.startsWith('_pouch_') ? [name] : []));

  beforeEach(async () => {
    vi.stubGlobal('__APP_VERSION__', '0.1.0');
    centre = new Centre();
    vi.stubGlobal('fetch', centre.fetch);
    vi.stubGlobal('BroadcastChannel', undefined);
    await signIn('surveyor1', 'demo');
    await openWorkingDay(session()!);
    await workingDay()!.areas.get('area-g0311')!.put({ _id: 'household:a' });
    await saveSubmission(finished);
    await saveDraft(draft);
    await refresh().catch(() => undefined);
  });
  afterEach(async () => {
    const opened = workingDay();
    if (opened) await clearPhone(opened);
    await forgetSession();
    for (const name of ['farewell', 'handing_in']) await removeSetting(name);
    vi.unstubAllGlobals();
  });

  test('hands in its forms and drafts, tells how many, clears itself, and is signed out', async () => {
    expect(sessionState()).toMatchObject({ state: 'handing_in', at_once: false });
    await handInNow();
    expect([...centre.taken.values()]).toMatchObject([{ type: 'submission', worker: 'w0042' }, { _id: 'draft:01J', type: 'draft', state: { xml: '<data/>' } }]);
    expect(centre.handedIn).toMatchObject({ submissions: 1, photos: 0, drafts: 1 });
    expect(await onDisk()).toEqual([]);
    expect(drafts()).toEqual([]);
    expect(sessionState().state).toBe('none');
    expect(await readSetting('farewell')).toEqual({ submissions: 1, photos: 0, drafts: 1, at_once: false });
    expect(await readSetting('device')).toBeUndefined();
  });
  test('without a network it loses the households at once and nothing of what was typed', async () => {
    centre.reachable = false;
    await handInNow();
    expect(handingIn()).toMatchObject({ state: 'later', left: { submissions: 1, drafts: 1 } });
    expect(await onDisk()).toEqual(expect.arrayContaining(['_pouch_doorstep/w0042/inbox']));
    expect(await onDisk()).not.toContain('_pouch_doorstep/w0042/area-g0311');
    centre.reachable = true;
    await handInNow();
    expect(centre.taken.size).toBe(2);
  });
  test('what the server does not take stays on the phone, and it says so', async () => {
    centre.takes = false;
    await handInNow();
    expect(handingIn()).toMatchObject({ state: 'later', left: { submissions: 1 } });
    expect(centre.handedIn).toBeNull();
    expect(sheets()).toHaveLength(1);
    expect(sessionState().state).toBe('handing_in');
  });
  test('closed in between, it goes on with it after the next start', async () => {
    centre.reachable = false;
    await handInNow();
    await closeWorkingDay();
    await loadSession();
    expect(sessionState().state).toBe('handing_in');
    centre.reachable = true;
    await openWorkingDay(session()!);
    await handInNow();
    expect(centre.handedIn).toMatchObject({ submissions: 1, drafts: 1 });
    expect(await onDisk()).toEqual([]);
  });
  test('a stolen one clears itself without handing in', async () => {
    centre.says = 'wipe';
    await endSession('wipe');
    await handInNow();
    expect(centre.taken.size).toBe(0);
    expect(await onDisk()).toEqual([]);
    expect(await readSetting('farewell')).toEqual({ submissions: 1, photos: 0, drafts: 1, at_once: true });
  });
  test('the office may say so also after it had said otherwise', async () => {
    centre.says = 'wipe';
    await handInNow();
    expect([centre.taken.size, await onDisk(), sessionState().state]).toEqual([0, [], 'none']);
  });
  test('a server that does not know the phone, put back from an older copy perhaps, makes it clear nothing of what was typed', async () => {
    centre.says = 'unauthorized';
    await handInNow();
    expect(sessionState().state).toBe('ended_by_office');
    expect(sheets()).toHaveLength(1);
    expect(drafts()).toHaveLength(1);
  });
});
