// What is to be done when: the slots of a form's sheet `schedule`, and which of them are due for a record at a moment. Pure.
//
// The same rule as forms/schedule.py, where it is explained; both run the cases in tests/data/schedule.json.
import type { Answers, AnswerValue, FormDocument, RecordKind, Slot } from './documents.ts';

export type SlotState = 'later' | 'now' | 'late' | 'missed' | 'done';

export interface SlotDue {
  slot: Slot;
  day: string; // "2026-02-03"
  from: string; // as clocks on the wall show it: "2026-02-03T06:00"
  until: string;
  state: SlotState;
}

/** A slot with the form that it opens. */
export interface FormSlot {
  form: string;
  slot: Slot;
}

const DAY_MINUTES = 24 * 60;
const DAY_MILLISECONDS = 86_400_000;
export const PAST_DAYS_MAX = 60;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[-+]\d{2}:\d{2})$/;

/** Today's slots, and those of days before of which it is known that they were done or missed. `zone`: where the phone is unless said. */
export function due(slots: readonly Slot[], fields: Record<string, AnswerValue | undefined>, now: Date, zone?: string): SlotDue[] {
  const { day: today, minute } = onTheWall(now, zone);
  const found: SlotDue[] = [];
  for (const slot of slots) {
    const from = minuteOf(slot.from);
    const until = minuteOf(slot.until);
    const first = dayOf(fields[slot.starts]);
    const last = dayOf(fields[slot.ends]);
    const given = fields[slot.field];
    const times = Array.isArray(given) ? given : [given];
    const done = new Set(times.flatMap((time) => dayDone(time, until + slot.grace_minutes, zone) ?? []));
    const newest = Math.max(...done);
    // Without a first day there is no telling since when it should have been done.
    for (let day = first === null ? today : Math.max(first, today - PAST_DAYS_MAX); day <= Math.min(today, last ?? today); day++) {
      const state = done.has(day) ? 'done' : stateOf((today - day) * DAY_MINUTES + minute, from, until, slot.grace_minutes);
      if (day === today || state !== 'missed' || Array.isArray(given) || done.size === 0 || day > newest) {
        found.push({ slot, day: dayText(day), from: momentText(day, from), until: momentText(day, until), state });
      }
    }
  }
  return found.sort((a, b) => compare(a.day, b.day) || minuteOf(a.slot.from) - minuteOf(b.slot.from));
}

/** The slots of the forms that phones fill in now. */
export function slotsOf(forms: Iterable<FormDocument>): FormSlot[] {
  return [...forms].filter(({ current }) => current).flatMap(({ form, schedule = [] }) => schedule.map((slot) => ({ form, slot })));
}

/** Which slot of its form these answers fill: the one whose first answers they have. */
export function slotOf(slots: readonly FormSlot[], form: string, answers: Answers): FormSlot | undefined {
  const at = (path: string) => path.split('/').slice(1).reduce<AnswerValue | undefined>((here, name) => (here as Answers | undefined)?.[name], answers);
  return slots.find((each) => each.form === form && Object.entries(each.slot.set).every(([path, value]) => at(path) === value));
}

/** Properties of records that slots ask for, by kind of record. */
export function propertiesOf(slots: readonly FormSlot[]): Map<RecordKind, Set<string>> {
  const found = new Map<RecordKind, Set<string>>();
  for (const { slot } of slots) {
    const names = found.get(slot.kind) ?? new Set<string>();
    for (const name of [slot.field, slot.starts, slot.ends]) if (name !== '') names.add(name);
    found.set(slot.kind, names);
  }
  return found;
}

function stateOf(minute: number, from: number, until: number, grace: number): SlotState {
  if (minute < from) return 'later';
  if (minute < until) return 'now';
  return minute < until + grace ? 'late' : 'missed';
}

/** The day whose slot was done then: the day itself, or, after midnight, the day before while its grace lasts. */
function dayDone(value: AnswerValue | undefined, end: number, zone?: string): number | null {
  if (typeof value !== 'string') return null;
  if (value.length === 10) return dayOf(value);
  const moment = new Date(MOMENT.test(value) && dayOf(value) !== null ? value : Number.NaN);
  if (Number.isNaN(moment.getTime())) return null;
  const { day, minute } = onTheWall(moment, zone);
  return minute + DAY_MINUTES < end ? day - 1 : day;
}

/** Days are counted since 1970. */
function dayOf(value: AnswerValue | undefined): number | null {
  const text = typeof value === 'string' ? value.slice(0, 10) : '';
  const day = DAY.test(text) ? Date.parse(text) / DAY_MILLISECONDS : Number.NaN;
  return !Number.isNaN(day) && dayText(day) === text ? day : null;
}

const dayText = (day: number): string => new Date(day * DAY_MILLISECONDS).toISOString().slice(0, 10);
const momentText = (day: number, minute: number): string => new Date(day * DAY_MILLISECONDS + minute * 60_000).toISOString().slice(0, 16);
const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const clocks = new Map<string, Intl.DateTimeFormat>();

function onTheWall(moment: Date, zone?: string): { day: number; minute: number } {
  if (zone === undefined) {
    return { day: Date.UTC(moment.getFullYear(), moment.getMonth(), moment.getDate()) / DAY_MILLISECONDS, minute: moment.getHours() * 60 + moment.getMinutes() };
  }
  let clock = clocks.get(zone);
  if (!clock) {
    const shown = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
    clocks.set(zone, (clock = new Intl.DateTimeFormat('en-CA', { timeZone: zone, ...shown })));
  }
  const part = Object.fromEntries(clock.formatToParts(moment).map(({ type, value }) => [type, Number(value)]));
  return { day: Date.UTC(part.year!, part.month! - 1, part.day!) / DAY_MILLISECONDS, minute: part.hour! * 60 + part.minute! };
}
