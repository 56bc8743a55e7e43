// @vitest-environment jsdom
// What the documents of two areas' databases become in the lists: links, moves, and the way back.
import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Databases, destroyAll, openDatabases } from './databases.ts';
import type { AreaDocument, MovedDocument, RecordDocument } from './documents.ts';
import { subjectOf } from './labels.ts';
import { areaName, areaToSendFrom, closeRecords, left, oneOf, openRecords, peopleOf, readRecords, refreshArea, reloadForms, rows, wholeRecords } from './records.ts';
import { forgetSession, signIn } from './session.ts';
import { closeInbox, openClock, openInbox, reloadInbox } from './submissions.ts';

vi.hoisted(() => vi.stubGlobal('BroadcastChannel', undefined));
const AREAS = ['area-g0311', 'area-g0312'];
const value = (of: string) => ({ value: of, worker: 'w', device: 'd', at: '', clock: '', submission: '', form: '' });
const record = (id: string, label: string, more: Partial<RecordDocument> = {}): RecordDocument => ({
  _id: id, type: 'record', kind: id.split(':')[0] as RecordDocument['kind'], area: 'g0311', label, version: { 'd-1': '1770080000000-0000-d-1' }, fields: {}, search: '', submissions: [], submission_count: 0, ...more,
});

describe('the documents of an area', () => {
  let phone: Databases;
  const put = async (area: string, document: RecordDocument | MovedDocument | AreaDocument) => {
    const before = await phone.areas.get(area)!.get(document._id).catch(() => null);
    await phone.areas.get(area)!.put({ ...document, ...(before ? { _rev: (before as { _rev: string })._rev } : {}) } as never);
    await refreshArea(area);
  };
  beforeEach(async () => {
    const areas = [{ id: 'g0311', name: { zh: '第一网格', en: 'Grid 1' }, place: 'c031' }, { id: 'g0312', name: { zh: '第二网格', en: 'Grid 2' }, place: 'c031' }];
    vi.stubGlobal('fetch', async () =>
      Response.json({
        access_token: 'a', expires_in: 900, refresh_token: 'r', device: 'd-7f3a0001', household_key: 'key', time: new Date().toISOString(), worker: { id: 'w0042', name: '王芳', roles: ['surveyor'], areas },
        sync: { url: '/sync/', forms: 'forms', areas: AREAS, inbox: 'worker-w0042', media: 'media-w0042' },
      }),
    );
    await signIn('surveyor1', 'demo');
    phone = openDatabases('w0042', AREAS);
    await openRecords(phone);
    await put('area-g0311', record('person:1', '何伶俐', { fields: { name: value('何伶俐') } }));
    await put('area-g0311', record('person:2', '何玲利'));
    await put('area-g0311', record('quarantine_case:1', '何玲利', { fields: { person: value('person:2') } }));
  });
  afterEach(async () => {
    closeRecords();
    await destroyAll(phone);
    await forgetSession();
  });
  const link = async () => {
    await put('area-g0311', record('person:2', '何玲利', { linked_to: 'person:1' }));
    await put('area-g0311', record('person:1', '何伶俐', { fields: { name: value('何伶俐') }, members: ['person:1', 'person:2'] }));
  };

  test('two linked people are one in the lists, the case shows with the one, and unlinking gives back what was', async () => {
    const before = [...rows()];
    await link();
    expect([...rows().keys()].sort()).toEqual(['person:1', 'quarantine_case:1']);
    expect(rows().get('quarantine_case:1')!.facts.person).toBe('person:1');
    expect(oneOf('person:2')).toBe('person:1');
    expect((await wholeRecords(['person:1', 'person:2'])).map(({ _id }) => _id)).toEqual(['person:1']);
    await put('area-g0311', record('person:2', '何玲利'));
    await put('area-g0311', record('person:1', '何伶俐', { fields: { name: value('何伶俐') } }));
    expect(oneOf('person:2')).toBe('person:2');
    expect([...rows()].sort()).toEqual(before.sort());
  });
  test('those behind a door stand in the order in which they were first written down, also after one of them has changed', async () => {
    for (const id of ['person:3', 'person:4', 'person:3']) await put('area-g0311', record(id, id, { fields: { household: value('household:a') } }));
    expect(peopleOf().get('household:a')!.map((person) => person.id)).toEqual(['person:3', 'person:4']);
  });
  test('the links are known after the app was closed', async () => {
    await link();
    closeRecords();
    await openRecords(phone);
    expect([...rows().keys()].sort()).toEqual(['person:1', 'quarantine_case:1']);
  });
  test('a submission that names no door is called by the record that it speaks of', async () => {
    const entities = [{ kind: 'person', repeat: null, id: '/person_id', label: null, properties: {} }];
    await phone.forms.put({ _id: 'form:census:1', type: 'form', form: 'census', version: '1', title: { zh: '普查', en: 'Census' }, languages: [], xform: '', fields: [], entities, starts_from: null, current: true } as never);
    await reloadForms();
    const about = (person_id: string) => subjectOf({ submission: { form: 'census', version: '1', answers: { person_id } } } as never);
    expect([about('person:1'), about('person:9')]).toEqual(['何伶俐', '普查']);
  });
  test('work about a member has gone in once the document of that member holds it; until then it shows over the one', async () => {
    const clock = '1770080100000-0000-d-7f3a0001';
    const entities = [{ kind: 'person', repeat: null, id: '/person_id', label: null, properties: { name: '/name', phone: '/phone' } }];
    const form = { _id: 'form:census:1', type: 'form', form: 'census', version: '1', title: { zh: '', en: '' }, languages: [], xform: '', fields: [], entities, starts_from: null, current: true };
    await phone.forms.put(form as never);
    await reloadForms();
    await link();
    await openClock();
    const submission = { form: 'census', version: '1', area: 'g0311', answers: { person_id: 'person:2', phone: '136' }, based_on: {}, started_at: '', finished_at: '', clock, clock_offset_ms: 0, worker: 'w0042', device: 'd-7f3a0001', app: '', supersedes: null, media: [] };
    await phone.inbox.put({ _id: 'submission:1', type: 'submission', ...submission });
    await openInbox(phone.inbox);
    expect(rows().get('person:1')).toMatchObject({ facts: { phone: '136' }, pending: ['submission:1'] });
    const records = [{ id: 'person:2', version: { 'd-7f3a0001': clock } }];
    await phone.inbox.put({ _id: 'receipt:1', type: 'receipt', submission: 'submission:1', at: '', status: 'accepted', problems: [], remarks: [], records, comments: [], clock });
    await reloadInbox();
    expect(rows().get('person:1')).toMatchObject({ facts: { phone: '136' }, pending: [] });
    await put('area-g0311', record('person:2', '何玲利', { linked_to: 'person:1', version: { 'd-7f3a0001': clock } }));
    expect(rows().get('person:1')!.facts.phone).toBeUndefined();
    closeInbox();
  });
  test('one that lies in a grid of others shows, and is reported from a grid of this worker', async () => {
    await put('area-g0312', record('person:0', '何丽', { area: 'g0399', members: ['person:0', 'person:9'] }));
    expect(rows().get('person:0')!.area).toBe('g0399');
    expect(areaToSendFrom('person:0')).toBe('g0312');
    expect(areaToSendFrom('person:1')).toBe('g0311');
    expect(areaToSendFrom('person:7')).toBeUndefined();
  });
  test('of one that lies in two areas of this phone the newer copy counts', async () => {
    await put('area-g0311', record('person:0', '何丽', { version: { 'd-1': '1770080000009-0000-d-1' } }));
    await put('area-g0312', record('person:0', '何力', { version: { 'd-1': '1770080000005-0000-d-1' } }));
    expect(rows().get('person:0')!.label).toBe('何丽');
    expect((await readRecords(['person:0']))[0]!.label).toBe('何丽');
  });
  test('a record that moved away leaves the lists and says where it is; undone, it is back', async () => {
    const moved: MovedDocument = { _id: 'person:1', type: 'moved', kind: 'person', label: '何伶俐', area: 'g0399', at: '2026-02-03T09:12:00Z' };
    await put('area-g0311', moved);
    expect(rows().has('person:1')).toBe(false);
    expect(left().get('person:1')).toMatchObject({ area: 'g0399', label: '何伶俐' });
    expect(areaName('g0399').zh).toBe('g0399');
    await put('area-g0311', { _id: 'area:g0311', type: 'area', name: { zh: '', en: '' }, place: 'c031', path: { zh: '', en: '' }, workers: {}, neighbours: { g0399: { zh: '第九网格', en: 'Grid 9' } } });
    expect(areaName('g0399').zh).toBe('第九网格');
    expect(areaName('g0312').en).toBe('Grid 2');
    expect(areaName('g0398').en).toBe('g0398');
    expect(await readRecords(['person:1'])).toEqual([]);
    await put('area-g0311', record('person:1', '何伶俐'));
    expect(rows().has('person:1')).toBe(true);
    expect(left().size).toBe(0);
  });
  test('one that moved into another area of this phone has not left it', async () => {
    await put('area-g0312', record('person:1', '何伶俐', { area: 'g0312', moved: { from: ['g0311'], at: '2026-02-03T09:12:00Z' } }));
    await put('area-g0311', { _id: 'person:1', type: 'moved', kind: 'person', label: '何伶俐', area: 'g0312', at: '2026-02-03T09:12:00Z' } satisfies MovedDocument);
    expect(rows().get('person:1')!.area).toBe('g0312');
    expect(left().size).toBe(0);
    expect((await readRecords(['person:1']))[0]!.type).toBe('record');
  });
});
