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
  reachable = true;
  revoked = false;
  ahead = 0; // milliseconds that the phone is ahead of it
  fetch = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const path = String(input);
    this.asked.push(`${init.method ?? 'GET'} ${path}`);
    if (!this.reachable) throw new TypeError('Failed to fetch');
    if (path === '/api/session' && init.method === 'POST') return this.session();
    if (path === '/api/session/refresh') return this.revoked ? Response.json({ error: 'unauthorized', reason: 'no longer signed in' }, { status: 401 }) : this.session();
    const shown = new Headers(init.headers).get('Authorization');
    return shown === `Bearer token-${this.good}` ? Response.json({ ok: true }) : Response.json({ error: 'unauthorized', reason: 'expired' }, { status: 401 });
  };
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
    centre.revoked = true;
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
  test('the offset of the phone’s clock is measured at each refresh', async () => {
    centre.ahead = 7_200_000;
    await phone.refresh();
    expect(Math.abs(phone.clockOffset() - 7_200_000)).toBeLessThan(2_000);
  });
});
