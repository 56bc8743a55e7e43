// What is due at which door today: what the forms' schedules ask for and is not there yet, and the call-backs that were promised.
// A pure function of the rows, the slots of the forms and the time on the phone.
import type { Slot } from './documents.ts';
import { isInQuarantine, naturally, type Row, text } from './rows.ts';
import { due as dueOf, type FormSlot } from './schedule.ts';

export type Urgency = 'now' | 'later' | 'late';

export interface DueCheck {
  what: 'check';
  form: string;
  slot: Slot;
  /** whose slot it is: not today's where its grace goes on after midnight */
  day: string;
  urgency: Urgency;
  household: string;
  area: string;
  cases: Row[]; // everyone behind this door for whom it is missing
}
export interface DueCallBack {
  what: 'call_back';
  urgency: Urgency;
  household: string;
  area: string;
  at: Date;
}
export type Due = DueCheck | DueCallBack;

const CALL_BACK_LATE_MINUTES = 60;
const ORDER: Record<Urgency, number> = { late: 0, now: 1, later: 2 };

export function dueToday(rows: Iterable<Row>, now: Date, slots: readonly FormSlot[]): Due[] {
  const today = day(now);
  const checks = new Map<string, DueCheck>();
  const due: Due[] = [];
  const byKind = new Map<Row['kind'], FormSlot[]>();
  for (const each of slots) byKind.set(each.slot.kind, [...(byKind.get(each.slot.kind) ?? []), each]);
  for (const row of rows) {
    if (row.kind === 'household') {
      const callBack = callBackOf(row, now);
      if (callBack) due.push(callBack);
    }
    const household = row.kind === 'household' ? row.id : text(row, 'household');
    const asked = household === '' || !isFollowed(row, today) ? undefined : byKind.get(row.kind);
    for (const { form, slot } of asked ?? []) {
      for (const each of dueOf([slot], row.facts, now)) {
        // A slot that was missed today can still be made up for; one of days before cannot.
        if (each.state === 'done' || (each.day !== today && each.state !== 'late')) continue;
        const key = `${household} ${form} ${slot.name} ${each.day}`;
        const known = checks.get(key);
        if (known) known.cases.push(row);
        else checks.set(key, { what: 'check', form, slot, day: each.day, urgency: each.state === 'missed' ? 'late' : each.state, household, area: row.area, cases: [row] });
      }
    }
  }
  return [...due, ...checks.values()].sort((a, b) => ORDER[a.urgency] - ORDER[b.urgency]);
}

/** Somebody released, or isolated elsewhere, is not asked about at the door. */
function isFollowed(row: Row, today: string): boolean {
  return row.kind !== 'quarantine_case' || (isInQuarantine(row, today) && text(row, 'place') !== 'site');
}

/** In the order in which one walks: building, unit, room. */
export function byDoor(due: Due[], rows: ReadonlyMap<string, Row>): Due[] {
  const door = (item: Due) => rows.get(item.household);
  const compare = (a: Row | undefined, b: Row | undefined) =>
    !a || !b ? Number(!a) - Number(!b) : naturally(text(a, 'building'), text(b, 'building')) || naturally(text(a, 'unit'), text(b, 'unit')) || naturally(text(a, 'room'), text(b, 'room'));
  return [...due].sort((a, b) => ORDER[a.urgency] - ORDER[b.urgency] || compare(door(a), door(b)));
}

/** "2026-02-03" where the phone is. */
export function day(date: Date): string {
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}`;
}

/** Day 3 of 14, counted from the first. */
export function dayOfQuarantine(kase: Row, now: Date): { day: number; days: number } | null {
  const starts = Date.parse(text(kase, 'starts_on'));
  const ends = Date.parse(text(kase, 'ends_on'));
  if (Number.isNaN(starts) || Number.isNaN(ends)) return null;
  const passed = Math.floor((Date.parse(day(now)) - starts) / 86_400_000);
  return { day: passed + 1, days: Math.round((ends - starts) / 86_400_000) };
}

function callBackOf(row: Row, now: Date): DueCallBack | null {
  // A time that an earlier visit left behind is none of the last visit's.
  const agreed = text(row, 'outcome') === 'call_back' || (text(row, 'come_again') === 'yes' && Date.parse(text(row, 'call_back_at')) > Date.parse(text(row, 'visited_at')));
  if (!agreed) return null;
  const at = new Date(text(row, 'call_back_at'));
  if (Number.isNaN(at.getTime()) || day(at) > day(now)) return null;
  const minutes = (now.getTime() - at.getTime()) / 60_000;
  const urgency = minutes < 0 ? 'later' : minutes < CALL_BACK_LATE_MINUTES ? 'now' : 'late';
  return { what: 'call_back', urgency, household: row.id, area: row.area, at };
}
