import { describe, expect, test } from 'vitest';
import { nextCheck, nextNeverVisited } from './next_door.ts';
import type { Row } from './rows.ts';
import type { FormSlot } from './schedule.ts';

const row = (id: string, kind: Row['kind'], facts: Row['facts']): Row => ({ id, kind, area: 'g0311', label: id, search: '', clock: '', pending: [], facts });
const door = (room: string, more: Row['facts'] = {}) => row(`household:${String(more.unit ?? 1)}-${room}${more.ordinal ? `-${String(more.ordinal)}` : ''}`, 'household', { building: '1', unit: '1', room, ...more });
const of = (...all: Row[]) => new Map(all.map((one) => [one.id, one]));

describe('after a survey: the next door of the same unit that nobody has visited', () => {
  test('311 is followed by 312, floor by floor upwards, and visited doors are passed', () => {
    const rows = of(door('312', { outcome: 'refused' }), door('401'), door('311', { outcome: 'done' }), door('402'), door('302'));
    expect(nextNeverVisited(rows, 'household:1-311')?.household).toBe('household:1-401');
  });
  test('after the last it begins again at the first that is left', () => {
    expect(nextNeverVisited(of(door('101'), door('1201', { outcome: 'done' })), 'household:1-1201')?.household).toBe('household:1-101');
  });
  test('a second family at the same door comes next; another unit never does', () => {
    const rows = of(door('311', { outcome: 'done' }), door('311', { ordinal: 2 }), door('312', { unit: '2' }));
    expect(nextNeverVisited(rows, 'household:1-311')?.household).toBe('household:1-311-2');
    rows.delete('household:1-311-2');
    expect(nextNeverVisited(rows, 'household:1-311')).toBeNull();
  });
  test('a door that is not on the phone has none', () => expect(nextNeverVisited(of(door('101')), 'household:unknown')).toBeNull());
});

const slot = (name: string, from: string, until: string): FormSlot => ({
  form: 'quarantine_check',
  slot: { name, label: { zh: name, en: name }, kind: 'quarantine_case', field: `${name}_at`, set: {}, from, until, grace_minutes: 60, starts: 'starts_on', ends: 'ends_on' },
});
const MORNING = slot('morning', '06:00', '12:00');
const EVENING = slot('evening', '15:00', '21:00');

describe('after a check: the next door whose check of the same kind is due', () => {
  const kase = (room: string, facts: Row['facts'] = {}) => row(`quarantine_case:${room}`, 'quarantine_case', { household: `household:1-${room}`, place: 'home', starts_on: '2026-02-01', ends_on: '2026-02-15', ...facts });
  const now = new Date('2026-02-03T09:00:00');
  const rows = of(door('101'), door('311'), door('502'), door('601'), kase('101'), kase('311', { morning_at: now.toISOString() }), kase('502'), kase('601', { morning_at: now.toISOString() }));
  test('501 comes after 311; one that was checked this morning is passed', () => {
    expect(nextCheck(rows, now, 'household:1-311', MORNING)).toEqual({ household: 'household:1-502', slot: 'morning' });
  });
  test('after the last door of the round it begins again', () => {
    expect(nextCheck(rows, now, 'household:1-601', MORNING)?.household).toBe('household:1-101');
  });
  test('nothing is offered before its time', () => expect(nextCheck(rows, now, 'household:1-311', EVENING)).toBeNull());
});
