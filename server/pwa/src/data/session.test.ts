import 'fake-indexeddb/auto';
import { beforeEach, describe, expect, test, vi } from 'vitest';

const ANSWER = {
  expires_in: 900, device: 'd-7f3a0001', household_key: 'key', worker: { id: 'w0042', name: '王芳', roles: ['surveyor'], areas: [] },
  sync: { url: '/sync/', forms: 'forms', areas: [], inbox: 'worker-w0042', media: 'media-w0042' },
};
/** A centre whose tokens are numbered; `good` is the one it takes now. */
class Centre {
  good = 0;
  asked: string[] = [];
  told: unknown[] = []; // the bodies of sign-ins and refreshes
  reachable = true;
  revoked: false | 'unauthorized' | 'hand_in' | 'wipe' = false;
  asCouchDB: string | null = null; // what it says to a token that it does not know
  ahead = 0; // milliseconds that the phone is ahead of it
  fetch = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const path = String(input);
    this.asked.push(`${init.method ?? 'GET'} ${path}`);
    if (!this.reachable) throw new TypeError('Failed to fetch');
    if (path.startsWith('/api/session') && init.body) this.told.push(JSON.parse(String(init.body)));
    if (path === '/api/session' && init.method === 'POST') return this.session();
    if (path === '/api/session/refresh') return this.revoked ? Response.json({ error: this.revoked, reason: 'no longer signed in' }, { status: 401 }) : this.session();
    const shown = new Headers(init.headers).get('Authorization');
    return shown === `Bearer token-${this.good}` ? Response.json({ ok: true }, { headers: { Date: new Date(Date.now() - this.ahead).toUTCString() } }) : this.refusal();
  };
  refusal(): Response {
    return this.asCouchDB ? Response.json({ error: 'bad_request', reason: this.asCouchDB }, { status: 400 }) : Response.json({ error: 'unauthorized', reason: 'expired' }, { status: 401 });
  }
  session(): Response {
    this.good += 1;
    return Response.json({ ...ANSWER, access_token: `token-${this.good}`, refresh_token: `refresh-${this.good}`, time: new Date(Date.now() - this.ahead).toISOString() });
  }
}

describe('the one fetch of all replication', () => {
  let centre: Centre;
  let phone: typeof import('./session.ts');
  beforeEach(async () => {
    vi.stubGlobal('__APP_VERSION__', '0.1.0');
    vi.resetModules();
    centre = new Centre();
    vi.stubGlobal('fetch', centre.fetch);
    phone = await import('./session.ts');
    await phone.signIn('surveyor1', 'demo');
    centre.asked = [];
  });

  test('the phone tells its app and the form versions it opens, as soon as it knows them', async () => {
    expect(centre.told).toEqual([{ username: 'surveyor1', password: 'demo', app: '0.1.0' }]);
    phone.tellForms(() => ({ household_survey: '3' }));
    await phone.refresh();
    expect(centre.told[1]).toEqual({ refresh_token: 'refresh-1', app: '0.1.0', forms: { household_survey: '3' } });
  });
  test('a request is signed', async () => {
    expect((await phone.authorizedFetch('/sync/forms/')).status).toBe(200);
    expect(centre.asked).toEqual(['GET /sync/forms/']);
  });
  test('a token that the server no longer takes is refreshed and the request repeated', async () => {
    centre.good = 99;
    expect((await phone.authorizedFetch('/sync/forms/')).status).toBe(200);
    expect(centre.asked).toEqual(['GET /sync/forms/', 'POST /api/session/refresh', 'GET /sync/forms/']);
  });
  test('ten requests that meet an old token refresh it once', async () => {
    centre.good = 99;
    const answers = await Promise.all(Array.from({ length: 10 }, () => phone.authorizedFetch('/sync/forms/')));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(centre.asked.filter((line) => line.includes('refresh'))).toHaveLength(1);
  });
  test('without a network it is a matter of the network: the phone stays signed in', async () => {
    centre.reachable = false;
    await expect(phone.authorizedFetch('/sync/forms/')).rejects.toBeInstanceOf(phone.OutOfReach);
    expect(phone.sessionState().state).toBe('signed_in');
  });
  test('a refused refresh ends the session and keeps who it was, also after the app was closed', async () => {
    centre.good = 99;
    centre.revoked = 'unauthorized';
    await expect(phone.authorizedFetch('/sync/forms/')).rejects.toBeInstanceOf(phone.SessionEnded);
    expect(phone.sessionState()).toMatchObject({ state: 'ended_by_office', session: { username: 'surveyor1' } });
    vi.resetModules();
    phone = await import('./session.ts');
    await phone.loadSession();
    expect(phone.sessionState().state).toBe('ended_by_office');
    centre.revoked = false;
    await phone.signIn('surveyor1', 'demo');
    expect(phone.sessionState().state).toBe('signed_in');
  });
  test.each([['hand_in', false], ['wipe', true]] as const)('a refresh refused with “%s” is for the whole phone, also after the app was closed', async (code, at_once) => {
    centre.good = 99;
    centre.revoked = code;
    await expect(phone.authorizedFetch('/sync/forms/')).rejects.toBeInstanceOf(phone.SessionEnded);
    expect(phone.sessionState()).toMatchObject({ state: 'handing_in', at_once });
    vi.resetModules();
    phone = await import('./session.ts');
    await phone.loadSession();
    expect(phone.sessionState()).toMatchObject({ state: 'handing_in', at_once, session: { username: 'surveyor1' } });
  });
  test.each(['Unknown kid', 'Bad HMAC', 'Malformed token'])('Apache CouchDB’s “%s” is a token that is no good: it is renewed', async (reason) => {
    centre.asCouchDB = reason;
    centre.good = 99;
    expect((await phone.authorizedFetch('/sync/forms/')).status).toBe(200);
    expect(centre.asked).toEqual(['GET /sync/forms/', 'POST /api/session/refresh', 'GET /sync/forms/']);
  });
  test('any other 400 is the request’s own fault and reaches who asked', async () => {
    centre.asCouchDB = 'invalid UTF-8 JSON';
    centre.good = 99;
    const answer = await phone.authorizedFetch('/sync/forms/');
    expect([answer.status, await answer.json()]).toEqual([400, { error: 'bad_request', reason: 'invalid UTF-8 JSON' }]);
    expect(centre.asked).toEqual(['GET /sync/forms/']);
  });
  test('the offset of the phone’s clock is measured at each refresh', async () => {
    centre.ahead = 7_200_000;
    await phone.refresh();
    expect(Math.abs(phone.clockOffset() - 7_200_000)).toBeLessThan(2_000);
  });
  test('a clock that is set between two refreshes is noticed with the next answer', async () => {
    const exact = phone.clockOffset();
    await phone.authorizedFetch('/sync/forms/');
    expect(phone.clockOffset()).toBe(exact); // whole seconds say nothing better
    centre.ahead = 7_200_000;
    expect(phone.clockIsWrong(new Date())).toBe(false);
    await phone.authorizedFetch('/sync/forms/');
    expect(Math.abs(phone.clockOffset() - 7_200_000)).toBeLessThan(2_000);
    expect(phone.clockIsWrong(new Date())).toBe(true);
  });
});
