import 'fake-indexeddb/auto';
import MemoryAdapter from 'pouchdb-adapter-memory';
import PouchDB from 'pouchdb-core';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { ReceiptDocument, SubmissionDocument } from './documents.ts';
import type { InboxDocument } from './databases.ts';
import { openDrawer } from './desk.ts';
import { drafts, saveDraft } from './drafts.ts';
import { signIn } from './session.ts';
import * as submissions from './submissions.ts';
import { type Acknowledged, correctionOf, nextToMend, sheetsOf, stateOf, toMend, touches, withOwnClocks } from './submissions.ts';

const RECORD = 'household:a3pof6fnq6idjvrhib2gi53akg';
const NOTHING: Acknowledged = { sent: [], refused: {} };

function submission(number: number, more: Partial<SubmissionDocument> = {}): SubmissionDocument {
  return {
    _id: `submission:0${number}`, type: 'submission', form: 'household_survey', version: '1', area: 'g0311', answers: { household_id: RECORD }, based_on: {}, started_at: '', finished_at: '',
    clock: `177008010200${number}-0000-d-7f3a0001`, clock_offset_ms: 0, worker: 'w0042', device: 'd-7f3a0001', app: '0.1.0', supersedes: null, media: [], ...more,
  };
}
function receipt(of: SubmissionDocument, status: ReceiptDocument['status']): ReceiptDocument {
  const problems = [{ path: '/members/0/temperature', rule: 'constraint', message: { zh: '体温应在34到43之间', en: 'Temperature must be from 34 to 43' } }];
  return {
    _id: of._id.replace('submission', 'receipt'), type: 'receipt', submission: of._id, at: '2026-02-03T01:15:04Z', status, problems, remarks: [], records: [],
    comments: [{ path: null, text: '请再看看', by: '李主任', at: '' }], clock: '',
  };
}

describe('the state of a submission comes from documents and from what the server acknowledged', () => {
  test('it waits until the server has acknowledged it, and is sent only then', () => {
    expect(stateOf(submission(1), null, NOTHING, null)).toEqual({ state: 'waiting', refused: null });
    expect(stateOf(submission(1), null, { sent: ['submission:01'], refused: {} }, null)).toEqual({ state: 'sent' });
  });
  test('one that the server refused still waits, with the reason', () => {
    expect(stateOf(submission(1), null, { sent: [], refused: { 'submission:01': 'not a member' } }, null)).toEqual({ state: 'waiting', refused: 'not a member' });
  });
  test.each([['accepted', 'accepted'], ['held', 'needs_fixing'], ['returned', 'returned'], ['rejected', 'rejected'], ['superseded', 'superseded'], ['duplicate', 'duplicate']] as const)(
    'a receipt that says %s makes it %s, also when no push was ever noted',
    (status, state) => expect(stateOf(submission(1), receipt(submission(1), status), NOTHING, null).state).toBe(state),
  );
  test('a held one shows its problems, a returned one the comments', () => {
    expect(stateOf(submission(1), receipt(submission(1), 'held'), NOTHING, null)).toMatchObject({ problems: [{ path: '/members/0/temperature' }] });
    expect(stateOf(submission(1), receipt(submission(1), 'returned'), NOTHING, null)).toMatchObject({ comments: [{ text: '请再看看' }] });
  });
  test('one that is held only because the form it corrects is not there waits for it', () => {
    const chain = { path: '', rule: 'chain', message: { zh: '', en: '' } };
    const held = (problems: ReceiptDocument['problems']) => stateOf(submission(1), { ...receipt(submission(1), 'held'), problems }, NOTHING, null);
    expect(held([chain])).toEqual({ state: 'waits_for_former', at: '2026-02-03T01:15:04Z', problems: [chain] });
    expect(held([chain, { ...chain, rule: 'constraint' }]).state).toBe('needs_fixing');
    expect(held([]).state).toBe('needs_fixing');
  });
  test('one that is held for what no answer mends waits for the office, and asks nothing of her who filled it in', () => {
    const problem = (rule: string) => ({ path: '', rule, message: { zh: '', en: '' } });
    const held = (...rules: string[]) => stateOf(submission(1), { ...receipt(submission(1), 'held'), problems: rules.map(problem) }, NOTHING, null).state;
    expect(held('area')).toBe('waits_for_office');
    expect(held('area', 'chain')).toBe('waits_for_office');
    expect(held('area', 'required')).toBe('needs_fixing');
    expect(held('version')).toBe('needs_fixing'); // opened again, it is filled in with the version of now
  });
  test('a returned one is put right, sent, returned again and put right again: each step says how it stands', () => {
    const [first, second, third] = [submission(1), submission(2, { supersedes: 'submission:01' }), submission(3, { supersedes: 'submission:02' })];
    const states = (documents: InboxDocument[], acknowledged = NOTHING) => sheetsOf(documents, acknowledged).map(({ state }) => ('by' in state ? [state.state, state.by] : state.state)).reverse();
    const sent = { sent: ['submission:02'], refused: {} };
    const back = receipt(first, 'returned');
    expect(states([first, back])).toEqual(['returned']);
    expect(states([first, back, second])).toEqual([['superseded', 'submission:02'], 'waiting']);
    expect(states([first, back, second], sent)).toEqual([['superseded', 'submission:02'], 'sent']);
    const replaced = receipt(first, 'superseded');
    expect(states([first, replaced, second, receipt(second, 'accepted')])).toEqual([['superseded', 'submission:02'], 'accepted']);
    expect(states([first, replaced, second, receipt(second, 'returned')])).toEqual([['superseded', 'submission:02'], 'returned']);
    expect(states([first, replaced, second, receipt(second, 'returned'), third])).toEqual([['superseded', 'submission:02'], ['superseded', 'submission:03'], 'waiting']);
  });
  test('a correction that the office did not want leaves what it corrected to be put right', () => {
    const [first, second] = [submission(1), submission(2, { supersedes: 'submission:01' })];
    const sheets = sheetsOf([first, receipt(first, 'returned'), second, receipt(second, 'rejected')], NOTHING);
    expect(sheets.map(({ state }) => state.state)).toEqual(['rejected', 'returned']);
    expect(correctionOf('submission:01', sheets)).toBeNull();
  });
  test('one that was accepted stays so until its correction is in, and is not corrected twice over', () => {
    const [first, second] = [submission(1), submission(2, { supersedes: 'submission:01' })];
    const sheets = sheetsOf([first, receipt(first, 'accepted'), second], NOTHING);
    expect(sheets.map(({ state }) => state.state)).toEqual(['waiting', 'accepted']);
    expect(correctionOf('submission:01', sheets)?.submission._id).toBe('submission:02');
  });
  test('several that came back are put right one after the other, the oldest first', () => {
    const [one, two, mended] = [submission(1), submission(2), submission(3, { supersedes: 'submission:01' })];
    const waitsForFormer = { ...receipt(submission(4), 'held'), problems: [{ path: '', rule: 'chain', message: { zh: '', en: '' } }] };
    const back = [one, two, submission(4), receipt(one, 'returned'), receipt(two, 'held'), waitsForFormer];
    expect(toMend(sheetsOf(back, NOTHING)).map(({ submission: { _id } }) => _id)).toEqual(['submission:01', 'submission:02']);
    expect(nextToMend(sheetsOf([...back, mended], NOTHING))?.submission._id).toBe('submission:02');
    expect(nextToMend([])).toBeNull();
  });
  test('a held one that was mended no longer asks for mending', () => {
    const [first, mended] = [submission(1), submission(2, { supersedes: 'submission:01' })];
    const sheets = sheetsOf([first, mended, receipt(first, 'held')], NOTHING);
    expect(sheets.map(({ submission: { _id }, state }) => [_id, state.state])).toEqual([['submission:02', 'waiting'], ['submission:01', 'superseded']]);
  });
});

describe('what an edit knew of', () => {
  test('own submissions on the record that are not merged yet count, by their newest clock', () => {
    const own = sheetsOf([submission(1), submission(3), submission(2)], NOTHING);
    expect(withOwnClocks({ [RECORD]: { 'd-other': '1770080000000-0000-d-other' } }, own)).toEqual({
      [RECORD]: { 'd-other': '1770080000000-0000-d-other', 'd-7f3a0001': '1770080102003-0000-d-7f3a0001' },
    });
  });
  test('a rejected one, one on another record, and one older than the version held do not', () => {
    const rejected = submission(1);
    const elsewhere = submission(2, { answers: { household_id: 'household:other' } });
    const own = sheetsOf([rejected, receipt(rejected, 'rejected'), elsewhere, submission(3)], NOTHING);
    const held = { 'd-7f3a0001': '1770080109999-0000-d-7f3a0001' };
    expect(withOwnClocks({ [RECORD]: held }, own)).toEqual({ [RECORD]: held });
    expect(withOwnClocks({ [RECORD]: {} }, sheetsOf([rejected, receipt(rejected, 'rejected'), elsewhere], NOTHING))).toEqual({ [RECORD]: {} });
  });
  test('own submissions on a member count in the one under the name of the member, those on the one itself under the phone alone', () => {
    const ONE = 'household:0000000000000000000000gi5a';
    const own = sheetsOf([submission(1), submission(2, { answers: { household_id: ONE } }), submission(3, { device: 'd-7f3a0002' })], NOTHING);
    const based = { [ONE]: { 'd-other': '1770080000000-0000-d-other', [`${RECORD} d-7f3a0002`]: '1770080000000-0000-d-7f3a0002' } };
    expect(withOwnClocks(based, own, new Map([[ONE, [ONE, RECORD]]]))).toEqual({
      [ONE]: {
        'd-other': '1770080000000-0000-d-other',
        'd-7f3a0001': '1770080102002-0000-d-7f3a0001',
        [`${RECORD} d-7f3a0001`]: '1770080102001-0000-d-7f3a0001',
        [`${RECORD} d-7f3a0002`]: '1770080102003-0000-d-7f3a0001',
      },
    });
  });
  test('a person named deep in a repeat is touched', () => {
    expect(touches(submission(1, { answers: { members: [{ person_id: 'person:1' }] } }), 'person:1')).toBe(true);
    expect(touches(submission(1), 'person:1')).toBe(false);
  });
});

describe('saving', () => {
  vi.stubGlobal('__APP_VERSION__', '0.1.0');
  PouchDB.plugin(MemoryAdapter);
  const SIGNED_IN = {
    access_token: 'a', expires_in: 900, refresh_token: 'r', device: 'd-7f3a0001', household_key: 'key', time: new Date().toISOString(), worker: { id: 'w0042', name: '王芳', roles: ['surveyor'], areas: [] },
    sync: { url: '/sync/', forms: 'forms', areas: [], inbox: 'worker-w0042', media: 'media-w0042' },
  };
  const finished = { form: 'household_survey', version: '1', area: 'g0311', answers: { household_id: RECORD }, based_on: {}, started_at: '2026-02-03T09:12:44+08:00', media: [], supersedes: null };

  beforeEach(async () => {
    vi.stubGlobal('fetch', async () => Response.json(SIGNED_IN));
  });

  async function openPhone(database: PouchDB.Database<InboxDocument>) {
    await signIn('surveyor1', 'demo');
    submissions.closeInbox();
    await submissions.openClock();
    await submissions.openInbox(database);
  }

  test('a saved form is in the database when the promise resolves, whole, waiting, with a clock of its own', async () => {
    const database = new PouchDB<InboxDocument>('whole', { adapter: 'memory' } as never);
    await openPhone(database);
    let started = 0;
    submissions.onSaved(() => (started += 1));
    const first = await submissions.saveSubmission(finished);
    const second = await submissions.saveSubmission(finished);
    const stored = (await database.get(first)) as SubmissionDocument;
    expect(stored).toMatchObject({ type: 'submission', worker: 'w0042', device: 'd-7f3a0001', app: '0.1.0', clock: expect.stringMatching(/^\d{13}-[0-9a-f]{4}-d-7f3a0001$/) });
    expect(stored.finished_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
    expect(((await database.get(second)) as SubmissionDocument).clock > stored.clock).toBe(true);
    expect(submissions.sheets().map(({ state }) => state.state)).toEqual(['waiting', 'waiting']);
    expect(started).toBe(2);
    await database.destroy();
  });

  test('a clock from 2099 in a receipt moves the phone past it, also after the app was closed', async () => {
    const database = new PouchDB<InboxDocument>('clock', { adapter: 'memory' } as never);
    await openPhone(database);
    await submissions.seeClocks(['4070908800000-0002-d-00000002', 'no clock']);
    const id = await submissions.saveSubmission(finished);
    expect(((await database.get(id)) as SubmissionDocument).clock).toBe('4070908800000-0003-d-7f3a0001');
    await openPhone(database);
    const next = await submissions.saveSubmission(finished);
    expect(((await database.get(next)) as SubmissionDocument).clock).toBe('4070908800000-0004-d-7f3a0001');
    await database.destroy();
  });

  test('what was acknowledged is known after the app was closed, and its note goes when the receipt is there', async () => {
    const database = new PouchDB<InboxDocument>('acknowledged', { adapter: 'memory' } as never);
    await openPhone(database);
    const [sent, refused] = [await submissions.saveSubmission(finished), await submissions.saveSubmission(finished)];
    await submissions.acknowledge([sent], { [refused]: 'forbidden' });
    await openPhone(database);
    const state = (id: string) => submissions.sheets().find(({ submission: { _id } }) => _id === id)!.state;
    expect(state(sent)).toEqual({ state: 'sent' });
    expect(state(refused)).toEqual({ state: 'waiting', refused: 'forbidden' });
    await database.put(receipt((await database.get(sent)) as SubmissionDocument, 'accepted'));
    await submissions.reloadInbox();
    await submissions.acknowledge([refused], {});
    expect(state(sent).state).toBe('accepted');
    expect(state(refused)).toEqual({ state: 'sent' });
    expect(submissions.acknowledged()).toEqual({ sent: [refused], refused: {} });
    await database.destroy();
  });

  test('a phone that died between the form written and its draft removed: saving again writes nothing new, and the draft goes', async () => {
    const database = new PouchDB<InboxDocument>('once', { adapter: 'memory' } as never);
    await openPhone(database);
    openDrawer('w0042');
    const draft = { id: 'd1', form: 'household_survey', version: '1', area: 'g0311', title: '', start: { place: 'c031' }, started_at: '', submission: 'submission:1', state: {} };
    await saveDraft({ ...draft, updated_at: '2026-02-03T09:12:44+08:00' });
    const id = await submissions.saveSubmission({ ...finished, submission: 'submission:1' });
    expect(drafts()).toHaveLength(1); // as if it had died here
    expect(await submissions.saveSubmission({ ...finished, submission: 'submission:1', draft: 'd1' })).toBe(id);
    expect(drafts()).toEqual([]);
    expect(submissions.sheets().map(({ submission: { _id } }) => _id)).toEqual(['submission:1']);
    await database.destroy();
  });

  test('the app that starts again removes the draft of a saved form, and keeps one that was changed since', async () => {
    const database = new PouchDB<InboxDocument>('start', { adapter: 'memory' } as never);
    await openPhone(database);
    openDrawer('w0042');
    await submissions.saveSubmission({ ...finished, submission: 'submission:1' });
    const draft = { form: 'household_survey', version: '1', area: 'g0311', title: '', start: { place: 'c031' }, started_at: '', submission: 'submission:1', state: {} };
    await saveDraft({ ...draft, id: 'before', updated_at: '2026-02-03T09:12:44+08:00' });
    await saveDraft({ ...draft, id: 'after', updated_at: '2099-02-03T09:12:44+08:00' });
    await saveDraft({ ...draft, id: 'unsaved', updated_at: '2026-02-03T09:12:44+08:00', submission: 'submission:2' });
    await openPhone(database);
    await submissions.removeSavedDrafts();
    expect(drafts().map(({ id }) => id).sort()).toEqual(['after', 'unsaved']);
    await database.destroy();
  });

  test('answers changed after a write that was reported as failed are a new submission that takes the place of the first', async () => {
    const database = new PouchDB<InboxDocument>('changed', { adapter: 'memory' } as never);
    await openPhone(database);
    await submissions.saveSubmission({ ...finished, submission: 'submission:1' });
    const id = await submissions.saveSubmission({ ...finished, submission: 'submission:1', answers: { household_id: RECORD, room: '311' } });
    expect(id).not.toBe('submission:1');
    expect(((await database.get(id)) as SubmissionDocument).supersedes).toBe('submission:1');
    await database.destroy();
  });
});
