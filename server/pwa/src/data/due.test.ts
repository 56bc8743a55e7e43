import { describe, expect, test } from 'vitest';
import type { Slot } from './documents.ts';
import { byDoor, dayOfQuarantine, dueToday } from './due.ts';
import type { Row } from './rows.ts';

const slot = (name: string, from: string, until: string, grace_minutes: number, kind: Slot['kind'] = 'quarantine_case') => ({
  form: 'quarantine_check',
  slot: { name, label: { zh: name, en: name }, kind, field: `${name}_at`, set: { '/check/kind': name }, from, until, grace_minutes, starts: 'starts_on', ends: 'ends_on' },
});
const SLOTS = [slot('morning', '06:00', '12:00', 180), slot('evening', '15:00', '21:00', 240), slot('seal', '06:00', '22:00', 120)];
const at = (time: string, date = '2026-02-03') => new Date(`${date}T${time}:00`);
const kase = (id: string, facts: Row['facts']): Row => ({
  id: `quarantine_case:${id}`, kind: 'quarantine_case', area: 'g0311', label: id, search: '', clock: '', pending: [],
  facts: { household: 'household:a', person: `person:${id}`, place: 'home', starts_on: '2026-02-01', ends_on: '2026-02-15', ...facts },
});
const door = (facts: Row['facts'], id = 'household:a'): Row => ({ id, kind: 'household', area: 'g0311', label: '', search: '', clock: '', pending: [], facts });
const kinds = (rows: Row[], now: Date) => dueToday(rows, now, SLOTS).map((due) => (due.what === 'check' ? `${due.slot.name} ${due.urgency}` : `call_back ${due.urgency}`));

describe('quarantine checks', () => {
  test('in the morning the temperature and the seal are due, the evening is for later', () => {
    expect(kinds([kase('1', {})], at('09:00'))).toEqual(['morning now', 'seal now', 'evening later']);
  });
  test('a check made today is done; one made yesterday is not today’s', () => {
    expect(kinds([kase('1', { morning_at: at('08:50').toISOString(), seal_at: at('20:15', '2026-02-02').toISOString() })], at('09:00'))).toEqual(['seal now', 'evening later']);
  });
  test('a missed morning is late and never blocks the evening', () => {
    expect(kinds([kase('1', {})], at('16:00'))).toEqual(['morning late', 'evening now', 'seal now']);
  });
  test('after midnight an evening is late until its grace is over, beside the new day’s', () => {
    expect(kinds([kase('1', {})], at('00:30'))).toEqual(['evening late', 'morning later', 'evening later', 'seal later']);
    expect(kinds([kase('1', { evening_at: at('20:00', '2026-02-02').toISOString() })], at('00:30'))).toEqual(['morning later', 'evening later', 'seal later']);
  });
  test('a form may ask something of the household itself, day by day', () => {
    const supplies = { ...slot('supplies', '08:00', '18:00', 0, 'household'), form: 'supply_round' };
    const [found] = dueToday([door({ starts_on: '2026-02-01' })], at('09:00'), [supplies]);
    expect(found).toMatchObject({ what: 'check', form: 'supply_round', household: 'household:a', urgency: 'now' });
  });
  test('two people behind one door are one check', () => {
    const due = dueToday([kase('1', {}), kase('2', {})], at('09:00'), SLOTS);
    expect(due).toHaveLength(3);
    expect(due[0]).toMatchObject({ household: 'household:a', cases: [{ id: 'quarantine_case:1' }, { id: 'quarantine_case:2' }] });
  });
  test('nothing is due before the first day, after the last, after release, or at a collective site', () => {
    const now = at('09:00');
    const ended: Row['facts'][] = [{ starts_on: '2026-02-04' }, { ends_on: '2026-02-02' }, { released_on: '2026-02-02' }, { place: 'site' }];
    for (const facts of ended) expect(kinds([kase('1', facts)], now)).toEqual([]);
  });
  test('it is day 3 of 14', () => {
    expect(dayOfQuarantine(kase('1', {}), at('09:00'))).toEqual({ day: 3, days: 14 });
  });
});

describe('call-backs', () => {
  const promised = (time: string, date?: string) => door({ outcome: 'call_back', call_back_at: at(time, date).toISOString() });
  test('one for this afternoon waits, one for now is now, one an hour ago is late', () => {
    expect(kinds([promised('15:00')], at('09:00'))).toEqual(['call_back later']);
    expect(kinds([promised('09:00')], at('09:10'))).toEqual(['call_back now']);
    expect(kinds([promised('09:00')], at('10:30'))).toEqual(['call_back late']);
  });
  test('yesterday’s is not forgotten, tomorrow’s is not shown, and a visit that was done settles it', () => {
    expect(kinds([promised('15:00', '2026-02-02')], at('09:00'))).toEqual(['call_back late']);
    expect(kinds([promised('15:00', '2026-02-04')], at('09:00'))).toEqual([]);
    expect(kinds([door({ outcome: 'done', call_back_at: at('08:00').toISOString() })], at('09:00'))).toEqual([]);
  });
});

test('what is equally urgent is listed in the order in which one walks', () => {
  const doors = new Map([
    ['household:far', door({ building: '10', unit: '1', room: '101' }, 'household:far')],
    ['household:near', door({ building: '2', unit: '1', room: '101' }, 'household:near')],
  ]);
  const due = dueToday([kase('1', { household: 'household:far' }), kase('2', { household: 'household:near' })], at('09:00'), SLOTS);
  expect(byDoor(due, doors).map(({ household }) => household)).toEqual(['household:near', 'household:near', 'household:far', 'household:far', 'household:near', 'household:far']);
});

test('nobody was home, and a time was agreed at that visit: it is due; a time that an earlier visit left behind is not', () => {
  const due = (call_back_at: Date) => kinds([door({ outcome: 'nobody_home', come_again: 'yes', visited_at: at('09:00').toISOString(), call_back_at: call_back_at.toISOString() })], at('19:10'));
  expect(due(at('19:00'))).toEqual(['call_back now']);
  expect(due(at('08:00'))).toEqual([]);
});
