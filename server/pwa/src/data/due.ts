// What is due at which door today: the quarantine checks that are not there yet, and the call-backs that were promised.
// A pure function of the rows and the time on the phone.
import { isInQuarantine, naturally, type Row, text } from './rows.ts';

export type CheckKind = 'morning' | 'evening' | 'seal';
export type Urgency = 'now' | 'later' | 'late';

export interface DueCheck {
  what: 'check';
  kind: CheckKind;
  urgency: Urgency;
  household: string;
  area: string;
  cases: Row[]; // everyone isolated behind this door whose check of this kind is missing
}
export interface DueCallBack {
  what: 'call_back';
  urgency: Urgency;
  household: string;
  area: string;
  at: Date;
}
export type Due = DueCheck | DueCallBack;

/** Hours of the day between which a check is to be made; after it the check is late. */
export const SLOTS: Record<CheckKind, { from: number; until: number; field: string }> = {
  morning: { from: 6, until: 12, field: 'morning_at' },
  evening: { from: 15, until: 21, field: 'evening_at' },
  seal: { from: 6, until: 22, field: 'seal_at' },
};
const CALL_BACK_LATE_MINUTES = 60;
const ORDER: Record<Urgency, number> = { late: 0, now: 1, later: 2 };

export function dueToday(rows: Iterable<Row>, now: Date): Due[] {
  const today = day(now);
  const checks = new Map<string, DueCheck>();
  const due: Due[] = [];
  for (const row of rows) {
    if (row.kind === 'household') {
      const callBack = callBackOf(row, now);
      if (callBack) due.push(callBack);
    }
    if (!isInQuarantine(row, today) || text(row, 'place') === 'site') continue;
    const household = text(row, 'household');
    if (household === '') continue;
    for (const kind of Object.keys(SLOTS) as CheckKind[]) {
      if (wasToday(row, SLOTS[kind].field, today)) continue;
      const key = `${household} ${kind}`;
      const known = checks.get(key);
      if (known) known.cases.push(row);
      else checks.set(key, { what: 'check', kind, urgency: urgencyOf(kind, now), household, area: row.area, cases: [row] });
    }
  }
  return [...due, ...checks.values()].sort((a, b) => ORDER[a.urgency] - ORDER[b.urgency]);
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

function urgencyOf(kind: CheckKind, now: Date): Urgency {
  const { from, until } = SLOTS[kind];
  const hour = now.getHours() + now.getMinutes() / 60;
  return hour < from ? 'later' : hour < until ? 'now' : 'late';
}

function wasToday(row: Row, field: string, today: string): boolean {
  const at = new Date(text(row, field));
  return !Number.isNaN(at.getTime()) && day(at) === today;
}

function callBackOf(row: Row, now: Date): DueCallBack | null {
  if (text(row, 'outcome') !== 'call_back') return null;
  const at = new Date(text(row, 'call_back_at'));
  if (Number.isNaN(at.getTime()) || day(at) > day(now)) return null;
  const minutes = (now.getTime() - at.getTime()) / 60_000;
  const urgency = minutes < 0 ? 'later' : minutes < CALL_BACK_LATE_MINUTES ? 'now' : 'late';
  return { what: 'call_back', urgency, household: row.id, area: row.area, at };
}
