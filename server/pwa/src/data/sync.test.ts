import 'fake-indexeddb/auto';
import MemoryAdapter from 'pouchdb-adapter-memory';
import PouchDB from 'pouchdb-core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Databases, type InboxDocument, reassignAreas, openDatabases } from './databases.ts';
import { OutOfReach, SessionEnded, signIn, Updating } from './session.ts';
import { closeInbox, openClock, openInbox, saveSubmission, sheets } from './submissions.ts';
import { pushInbox, whyOf } from './sync.ts';

PouchDB.plugin(MemoryAdapter);
const finished = { form: 'household_survey', version: '1', area: 'g0311', answers: {}, based_on: {}, started_at: '2026-02-03T09:12:44+08:00', media: [], supersedes: null };
const states = () => sheets().map(({ submission, state }) => [submission._id, state]);

/** The worker's database at the centre; `refuses` and `reachable` are what it does with a batch. */
class Centre {
  refuses = new Set<string>();
  tooLarge = new Set<string>();
  reachable = true;
  database = new PouchDB<InboxDocument>('centre', { adapter: 'memory' } as never);
  constructor() {
    const take = this.database.bulkDocs.bind(this.database);
    this.database.bulkDocs = (async (batch: { docs: InboxDocument[] }, options: object) => {
      if (!this.reachable) throw new TypeError('Failed to fetch');
      if (batch.docs.some(({ _id }) => this.tooLarge.has(_id))) throw Object.assign(new Error('too large'), { status: 413 });
      const docs = batch.docs.filter(({ _id }) => !this.refuses.has(_id));
      const refused = batch.docs.filter(({ _id }) => this.refuses.has(_id)).map(({ _id }) => ({ id: _id, error: true, status: 403, name: 'forbidden', reason: 'not a member' }));
      return [...(await take({ ...batch, docs } as never, options)), ...refused];
    }) as never;
  }
}

describe('pushing the inbox', () => {
  let centre: Centre;
  let phone: Databases;
  beforeEach(async () => {
    vi.stubGlobal('__APP_VERSION__', '0.1.0');
    vi.stubGlobal('fetch', async () =>
      Response.json({
        access_token: 'a', expires_in: 900, refresh_token: 'r', device: 'd-7f3a0001', household_key: 'key', time: new Date().toISOString(), worker: { id: 'w0042', name: '王芳', roles: ['surveyor'], areas: [] },
        sync: { url: '/sync/', forms: 'forms', areas: [], inbox: 'worker-w0042', media: 'media-w0042' },
      }),
    );
    centre = new Centre();
    phone = openDatabases('w0042', [], 'memory');
    await signIn('surveyor1', 'demo');
    await openClock();
    await openInbox(phone.inbox);
  });
  afterEach(async () => {
    closeInbox();
    await phone.inbox.destroy();
    await centre.database.destroy();
  });

  test('what the server took is sent; what was saved since waits', async () => {
    const first = await saveSubmission(finished);
    await pushInbox(phone, centre.database);
    const second = await saveSubmission(finished);
    expect(states()).toEqual([[second, { state: 'waiting', refused: null }], [first, { state: 'sent' }]]);
    expect((await centre.database.get(first))._id).toBe(first);
  });
  test('a push that found no network leaves everything waiting, and the next one sends it', async () => {
    const id = await saveSubmission(finished);
    centre.reachable = false;
    await expect(pushInbox(phone, centre.database)).rejects.toThrow();
    expect(states()).toEqual([[id, { state: 'waiting', refused: null }]]);
    centre.reachable = true;
    await pushInbox(phone, centre.database);
    expect(states()).toEqual([[id, { state: 'sent' }]]);
  });
  test('a refused one is told, does not hold up the others, and is sent again though the checkpoint is past it', async () => {
    const [refused, taken] = [await saveSubmission(finished), await saveSubmission(finished)];
    centre.refuses.add(refused);
    await pushInbox(phone, centre.database);
    expect(states()).toEqual([[taken, { state: 'sent' }], [refused, { state: 'waiting', refused: 'not a member' }]]);
    centre.refuses.clear();
    await pushInbox(phone, centre.database);
    expect(states()).toEqual([[taken, { state: 'sent' }], [refused, { state: 'sent' }]]);
    expect((await centre.database.get(refused))._id).toBe(refused);
  });
  test('one that makes the server turn the whole batch away is told, and the others are sent all the same', async () => {
    const ids = [await saveSubmission(finished), await saveSubmission(finished), await saveSubmission(finished)] as const;
    centre.tooLarge.add(ids[1]);
    await expect(pushInbox(phone, centre.database)).rejects.toThrow('too large');
    expect(states()).toEqual([[ids[2], { state: 'sent' }], [ids[1], { state: 'waiting', refused: 'too large' }], [ids[0], { state: 'sent' }]]);
  });
});

test('an area that is no longer the worker’s is taken off the phone, a new one is opened', async () => {
  const phone = openDatabases('w0001', ['area-g0311', 'area-g0312'], 'memory');
  const left = phone.areas.get('area-g0311')!;
  await left.put({ _id: 'household:a' });
  expect(await reassignAreas(phone, ['area-g0312', 'area-g0313'], 'memory')).toBe(true);
  expect([...phone.areas.keys()]).toEqual(['area-g0312', 'area-g0313']);
  await expect(left.get('household:a')).rejects.toThrow();
  expect(await reassignAreas(phone, ['area-g0312', 'area-g0313'], 'memory')).toBe(false);
});

test.each([
  [new OutOfReach('Failed to fetch'), 'out_of_reach'], [new Updating('503'), 'updating'], [new SessionEnded(), 'session_ended'], [{ status: 403 }, 'forbidden'], [{ status: 404 }, 'missing'], [{ status: 502 }, 'server'],
  [{ status: 507 }, 'server_full'], [{ status: 413 }, 'server_full'], [new DOMException('', 'QuotaExceededError'), 'phone_full'], [new Error('?'), 'unknown'],
] as const)('%s is told as %s', (error, why) => expect(whyOf(error)).toBe(why));
