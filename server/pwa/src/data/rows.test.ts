import { describe, expect, test } from 'vitest';
import type { Answers, FormDocument, RecordDocument, SubmissionDocument } from './documents.ts';
import { buildings, doorState, EACH_FOR_ITSELF, floorOf, isInQuarantine, isOpen, overlay, type Row, rowOf, saidBy, search } from './rows.ts';
import type { Sheet, SubmissionState } from './submissions.ts';
import { whole } from './whole.ts';

const SURVEY: Pick<FormDocument, 'entities'> = {
  entities: [
    { kind: 'household', repeat: null, id: '/household_id', label: null, properties: { building: '/address/building', room: '/address/room', outcome: '/visit/outcome', phone: '/address/phone' } },
    { kind: 'person', repeat: '/members', id: '/members/person_id', label: null, properties: { household: '/household_id', name: '/members/name', fever_since: '/members/fever/fever_since' } },
  ],
};
const formOf = (form: string) => (form === 'household_survey' ? SURVEY : undefined);

function household(id: string, facts: Row['facts'] = {}, text = ''): Row {
  return { id: `household:${id}`, kind: 'household', area: 'g0311', label: id, search: text, facts, clock: '', pending: [] };
}

function sheet(answers: SubmissionDocument['answers'], state: SubmissionState, clock = '1770080102000-0000-d-7f3a0001'): Sheet {
  const submission: SubmissionDocument = {
    _id: `submission:${clock}`, type: 'submission', form: 'household_survey', version: '1', area: 'g0311', answers, based_on: {}, started_at: '', finished_at: '2026-02-03T09:15:02+08:00',
    clock, clock_offset_ms: 0, worker: 'w0042', device: 'd-7f3a0001', app: '0.1.0', supersedes: null, media: [],
  };
  return { submission, receipt: null, state };
}

const SURVEYED: Answers = {
  household_id: 'household:a',
  visit: { outcome: 'done' },
  address: { building: '1', room: '311', phone: '' },
  members: [
    { person_id: 'person:1', name: '何伶俐', fever: { fever_since: '2026-02-01' } },
    { person_id: 'person:2', name: '何玲利' },
  ],
};

describe('what a submission says of each record', () => {
  test('the household from the top, each person from their own row, their household from the top again', () => {
    expect(saidBy(SURVEYED, SURVEY)).toEqual([
      { id: 'household:a', kind: 'household', facts: { building: '1', room: '311', outcome: 'done' } },
      { id: 'person:1', kind: 'person', facts: { household: 'household:a', name: '何伶俐', fever_since: '2026-02-01' } },
      { id: 'person:2', kind: 'person', facts: { household: 'household:a', name: '何玲利' } },
    ]);
  });
  test('a visit where nobody was home names no people', () => {
    expect(saidBy({ household_id: 'household:a', visit: { outcome: 'nobody_home' } }, SURVEY)).toEqual([{ id: 'household:a', kind: 'household', facts: { outcome: 'nobody_home' } }]);
  });
});

describe('values not sent yet lie over the record and are marked', () => {
  const merged = new Map([['household:a', household('a', { building: '1', room: '311', phone: '13800000000' })]]);
  test('a door surveyed offline shows its outcome, keeps the phone it had, and new people appear behind it', () => {
    const over = overlay(merged, [sheet(SURVEYED, { state: 'waiting', refused: null })], formOf);
    expect(over.get('household:a')!.facts).toEqual({ building: '1', room: '311', phone: '13800000000', outcome: 'done' });
    expect(over.get('household:a')!.pending).toHaveLength(1);
    expect(over.get('person:1')!.facts.name).toBe('何伶俐');
  });
  test('the later of two wins, whatever order they are listed in', () => {
    const early = sheet({ household_id: 'household:a', visit: { outcome: 'nobody_home' } }, { state: 'sent' }, '1770080100000-0000-d-7f3a0001');
    const late = sheet(SURVEYED, { state: 'waiting', refused: null }, '1770080109000-0000-d-7f3a0001');
    for (const order of [[early, late], [late, early]]) expect(overlay(merged, order, formOf).get('household:a')!.facts.outcome).toBe('done');
  });
  test('what the centre took in, or turned down, is not laid over', () => {
    for (const state of [{ state: 'accepted', at: '', remarks: [] }, { state: 'rejected', at: '', comments: [] }, { state: 'superseded', by: null }] as SubmissionState[])
      expect(overlay(merged, [sheet(SURVEYED, state)], formOf)).toBe(merged);
  });
  test('a whole record carries who and when for each unsent value', () => {
    const record = { _id: 'household:a', type: 'record', kind: 'household', area: 'g0311', label: '', version: {}, fields: {}, search: '', submissions: [], submission_count: 0 } as RecordDocument;
    const { fields } = whole(merged.get('household:a')!, record, [sheet(SURVEYED, { state: 'waiting', refused: null })], formOf);
    expect(fields.outcome).toMatchObject({ value: 'done', worker: 'w0042', at: '2026-02-03T09:15:02+08:00', pending: true });
  });
});

describe('an accepted form stays over the record until the record has come that holds it', () => {
  const merged = new Map([['household:a', household('a', { outcome: 'nobody_home' })]]);
  const accepted = sheet(SURVEYED, { state: 'accepted', at: '', remarks: [] });
  const put = { 'd-7f3a0001': '1770080102000-0000-d-7f3a0001' };
  const answered: Sheet = { ...accepted, receipt: { records: [{ id: 'household:a', version: put }, { id: 'person:1', version: put }] } as unknown as Sheet['receipt'] };
  const outcome = (version: Record<string, string> | undefined) => overlay(merged, [answered], formOf, { ...EACH_FOR_ITSELF, version: (id) => (id === 'household:a' ? version : undefined) }).get('household:a')!;
  test('an older record still shows what was found, and says no longer that it was not sent', () => {
    expect(outcome({})).toMatchObject({ facts: { outcome: 'done' }, pending: [] });
    expect(outcome({ 'd-7f3a0001': '1770080101000-0000-d-7f3a0001' }).facts.outcome).toBe('done');
  });
  test('a record that covers it shows what the centre made of it', () => {
    expect(outcome(put).facts.outcome).toBe('nobody_home');
    expect(outcome({ ...put, 'd-2': '1770080103000-0000-d-2' }).facts.outcome).toBe('nobody_home');
  });
  test('a record that this phone does not hold is not made up', () => {
    expect(outcome(undefined).facts.outcome).toBe('nobody_home');
    expect(overlay(merged, [answered], formOf, { ...EACH_FOR_ITSELF, version: () => undefined })).toBe(merged);
  });
});

test('a form about a door that has moved away does not bring it back into the lists, nor who was found behind it', () => {
  const known = { ...EACH_FOR_ITSELF, isGone: (id: string) => id === 'household:a' };
  expect([...overlay(new Map(), [sheet(SURVEYED, { state: 'waiting', refused: null })], formOf, known).keys()]).toEqual([]);
});

test('a form about a member lies over the one', () => {
  const merged = new Map([['household:0', household('0', { phone: '13800000000' })]]);
  const known = { ...EACH_FOR_ITSELF, one: (id: string) => (id === 'household:a' ? 'household:0' : id) };
  const over = overlay(merged, [sheet(SURVEYED, { state: 'sent' })], formOf, known);
  expect([...over.keys()]).toEqual(['household:0', 'person:1', 'person:2']);
  expect(over.get('household:0')!.facts).toMatchObject({ phone: '13800000000', outcome: 'done' });
  expect(over.get('person:1')!.facts.household).toBe('household:0');
  const record = whole(merged.get('household:0')!, null, [sheet(SURVEYED, { state: 'sent' })], formOf, known);
  expect(record.fields.outcome).toMatchObject({ value: 'done', pending: true });
});

test('a row keeps the facts that lists show, and the newest clock', () => {
  const field = (value: string) => ({ value, worker: 'w', device: 'd', at: '', clock: '', submission: '', form: '' });
  const record = {
    _id: 'household:a', type: 'record', kind: 'household', area: 'g0311', label: '1栋 311', version: { 'd-1': '1770080102000-0000-d-1', 'd-2': '1770080109000-0000-d-2' },
    fields: { building: field('1'), outcome_note: field('long'), phone: field('') }, search: '1栋 311', submissions: [], submission_count: 0,
  } as RecordDocument;
  expect(rowOf(record)).toEqual({ id: 'household:a', kind: 'household', area: 'g0311', label: '1栋 311', search: '1栋 311', facts: { building: '1' }, clock: '1770080109000-0000-d-2', pending: [], version: record.version });
  expect(rowOf(record, ['outcome_note', 'phone', 'other']).facts).toEqual({ building: '1', outcome_note: 'long' }); // what a form's schedule asks for besides
});

describe('a building as it stands', () => {
  test.each([['311', 3], ['1203', 12], ['101', 1], ['18号', null], ['5', null], ['A101', null]])('room %s is on floor %s', (room, floor) => {
    expect(floorOf(room)).toBe(floor);
  });
  test('units in order, the top floor first, rooms from left to right, building 10 after building 2', () => {
    const door = (building: string, unit: string, room: string) => household(`${building}-${unit}-${room}`, { building, unit, room });
    const [two, ten] = buildings([door('10', '1', '101'), door('2', '2', '1102'), door('2', '2', '1101'), door('2', '2', '201'), door('2', '1', '301')]);
    expect([two!.building, ten!.building]).toEqual(['2', '10']);
    expect(two!.units.map(({ unit }) => unit)).toEqual(['1', '2']);
    expect(two!.units[1]!.floors.map(({ floor, doors }) => [floor, ...doors.map(({ facts }) => facts.room)])).toEqual([[11, '1101', '1102'], [2, '201']]);
  });
});

describe('the state of a door', () => {
  test.each([[{}, 'never'], [{ outcome: 'done' }, 'done'], [{ outcome: 'call_back' }, 'call_back'], [{ outcome: 'not_found' }, 'other']])('%j is %s', (facts, state) => {
    expect(doorState(household('a', facts), false)).toBe(state);
  });
  test('quarantine stands above all', () => {
    expect(doorState(household('a', { outcome: 'done' }), true)).toBe('quarantined');
  });
  const kase = (facts: Row['facts']): Row => ({ ...household('c', facts), kind: 'quarantine_case' });
  test('a case runs from its first day to its last, and ends with its release', () => {
    const dates = { starts_on: '2026-02-01', ends_on: '2026-02-15' };
    expect(isInQuarantine(kase(dates), '2026-01-31')).toBe(false);
    expect(isInQuarantine(kase(dates), '2026-02-01')).toBe(true);
    expect(isInQuarantine(kase(dates), '2026-02-15')).toBe(true);
    expect(isInQuarantine(kase(dates), '2026-02-16')).toBe(false);
    expect(isInQuarantine(kase({ ...dates, released_on: '2026-02-05' }), '2026-02-06')).toBe(false);
  });
});

describe('search', () => {
  const rows = [household('a', {}, '1栋 2单元 311 13800001234'), { ...household('p', {}, '何伶俐 helingli hll 13900005678'), kind: 'person' as const }];
  test.each([['何伶', 'household:p'], ['hll', 'household:p'], ['HELING', 'household:p'], ['5678', 'household:p'], ['３１１', 'household:a'], ['1栋 311', 'household:a']])('“%s” finds %s', (query, id) => {
    expect(search(rows, query).map((row) => row.id)).toEqual([id]);
  });
  test('nothing for nothing, and nothing for what is not there', () => {
    expect(search(rows, '  ')).toEqual([]);
    expect(search(rows, '王')).toEqual([]);
  });
});

test.each([
  ['a problem being dealt with', 'problem', { status: 'doing' }, true],
  ['a problem that is solved', 'problem', { status: 'solved' }, false],
  ['a shift that goes on', 'duty_shift', { status: 'on_duty' }, true],
  ['premises in order', 'premises', { status: 'passed' }, false],
  ['someone in quarantine', 'quarantine_case', { starts_on: '2026-02-01', ends_on: '2026-02-15' }, true],
  ['someone past the end whom nobody released', 'quarantine_case', { starts_on: '2026-01-01', ends_on: '2026-01-15' }, true],
  ['someone released', 'quarantine_case', { starts_on: '2026-01-01', ends_on: '2026-01-15', released_on: '2026-01-15' }, false],
] as const)('%s', (_what, kind, facts, open) => {
  expect(isOpen({ id: `${kind}:1`, kind, area: '', label: '', search: '', facts, clock: '', pending: [] }, '2026-02-03')).toBe(open);
});
