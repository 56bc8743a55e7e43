// @vitest-environment jsdom
import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FormStart } from '../forms-contract.ts';
import { areasOnDisk, type Databases, destroyAll, openDatabases } from './databases.ts';
import { closeRecords, openRecords, rows } from './records.ts';
import { forgetSession, signIn } from './session.ts';
import { acknowledge, closeInbox, openClock, openInbox, saveSubmission, sheets, versions } from './submissions.ts';
import { giveUpAreas, handedIn, loadTakenAway, readTakenAway, takenAway } from './taken_away.ts';

vi.hoisted(() => vi.stubGlobal('BroadcastChannel', undefined));
const WORKER = 'w0042';
const finished = (area: string) => ({ form: 'household_survey', version: '1', area, answers: {}, based_on: {}, started_at: '2026-02-03T09:12:44+08:00', media: [], supersedes: null });
const household = (id: string, area: string) => ({ _id: id, type: 'record', kind: 'household', area, label: id, version: {}, fields: {}, search: '', submissions: [], submission_count: 0 });

describe('an area that is taken away', () => {
  let phone: Databases;
  beforeEach(async () => {
    vi.stubGlobal('__APP_VERSION__', '0.1.0');
    vi.stubGlobal('fetch', async () =>
      Response.json({
        access_token: 'a', expires_in: 900, refresh_token: 'r', device: 'd-7f3a0001', household_key: 'key', time: new Date().toISOString(), worker: { id: WORKER, name: '王芳', roles: ['surveyor'], areas: [] },
        sync: { url: '/sync/', forms: 'forms', areas: [], inbox: 'worker-w0042', media: 'media-w0042' },
      }),
    );
    await signIn('surveyor1', 'demo');
    phone = openDatabases(WORKER, ['area-g0311', 'area-g0312']);
    await phone.areas.get('area-g0311')!.put(household('household:a', 'g0311'));
    await phone.areas.get('area-g0311')!.put({ _id: 'area:g0311', type: 'area', name: { zh: '第一网格', en: 'Grid 1' }, place: 'c0311', path: { zh: '', en: '' }, workers: {} } as never);
    await phone.areas.get('area-g0312')!.put(household('household:b', 'g0312'));
    await openClock();
    await Promise.all([openInbox(phone.inbox), openRecords(phone), loadTakenAway(WORKER)]);
  });
  afterEach(async () => {
    closeInbox();
    closeRecords();
    await readTakenAway(WORKER);
    await destroyAll(phone);
    await forgetSession();
  });

  test('its doors and their index go from the disk, the others stay', async () => {
    await giveUpAreas(phone, ['area-g0312']);
    expect(await areasOnDisk(WORKER)).toEqual(['area-g0312']);
    expect([...rows().keys()]).toEqual(['household:b']);
  });
  test('the person is told its name, also after the app was closed, until it was read', async () => {
    await giveUpAreas(phone, ['area-g0312']);
    await loadTakenAway('w0001');
    expect(takenAway()).toBeNull();
    await loadTakenAway(WORKER);
    expect(takenAway()?.areas).toEqual([{ id: 'g0311', name: { zh: '第一网格', en: 'Grid 1' } }]);
    await readTakenAway(WORKER);
    await loadTakenAway(WORKER);
    expect(takenAway()).toBeNull();
  });
  test('what was typed there stays until the server has it, and the person is told how much that is', async () => {
    const [sent, waiting] = [await saveSubmission(finished('g0311')), await saveSubmission(finished('g0311'))];
    await saveSubmission(finished('g0312'));
    await acknowledge([sent], {});
    await giveUpAreas(phone, ['area-g0312']);
    expect(sheets()).toHaveLength(3);
    expect(handedIn(takenAway()!, sheets())).toEqual({ sent: 1, left: 1 });
    await acknowledge([waiting], {});
    expect(handedIn(takenAway()!, sheets())).toEqual({ sent: 2, left: 0 });
  });
  test('a second one adds to news that has not been read yet', async () => {
    await saveSubmission(finished('g0311'));
    await giveUpAreas(phone, ['area-g0312']);
    await saveSubmission(finished('g0312'));
    await giveUpAreas(phone, []);
    expect(takenAway()?.areas.map(({ id }) => id)).toEqual(['g0311', 'g0312']);
    expect(takenAway()?.submissions).toHaveLength(2);
  });
  test('a draft begun there is finished on the versions that it was filled from', () => {
    const base = { 'household:a': { 'd-7f3a0001': '1770080000000-0000-d-7f3a0001' } };
    expect(versions({ area: 'g0311', place: 'c0311', base })).toEqual(base);
    const here = { ...household('household:a', 'g0311'), version: { 'd-7f3a0002': '1770090000000-0000-d-7f3a0002' } } as unknown as FormStart['household'];
    expect(versions({ area: 'g0311', place: 'c0311', base, household: here })).toEqual(base); // what came since does not stand in it
    expect(versions({ area: 'g0311', place: 'c0311', household: here })).toEqual({ 'household:a': { 'd-7f3a0002': '1770090000000-0000-d-7f3a0002' } });
  });
});
