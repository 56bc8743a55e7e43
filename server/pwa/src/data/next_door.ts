// Where one goes after a form was saved: the next door whose check of this kind is due, or the next one not visited in the same unit. Pure.
import { byDoor, dueToday } from './due.ts';
import { buildings, type Row, text } from './rows.ts';
import type { FormSlot } from './schedule.ts';

export interface NextDoor {
  household: string;
  /** the slot that is due there; null for a survey */
  slot: string | null;
}

/** After a check: the door after this one, as one walks, where the same slot is due; at the end of the round it begins again. */
export function nextCheck(rows: ReadonlyMap<string, Row>, now: Date, household: string, { form, slot }: FormSlot): NextDoor | null {
  const due = dueToday(rows.values(), now, [{ form, slot }]).filter((item) => item.what === 'check' && item.urgency !== 'later');
  const here = rows.get(household);
  const left = byDoor(due, rows).filter((item) => item.household !== household);
  const after = here && left.find((item) => follows(rows.get(item.household), here));
  const next = after ?? left[0];
  return next ? { household: next.household, slot: slot.name } : null;
}

/** After a survey: the next door of the same unit, floor by floor, that nobody has visited; at the end it begins again. */
export function nextNeverVisited(rows: ReadonlyMap<string, Row>, household: string): NextDoor | null {
  const here = rows.get(household);
  if (!here) return null;
  const unit = buildings(rows.values())
    .filter(({ area, building }) => area === here.area && building === text(here, 'building'))
    .flatMap(({ units }) => units)
    .find(({ unit }) => unit === text(here, 'unit'));
  const left = (unit?.floors.flatMap(({ doors }) => doors) ?? []).filter((row) => row.id !== household && text(row, 'outcome') === '').sort((a, b) => byRoom(a, b));
  const next = left.find((row) => byRoom(row, here) > 0) ?? left[0];
  return next ? { household: next.id, slot: null } : null;
}

const rooms = new Intl.Collator('zh-CN', { numeric: true });
const byRoom = (a: Row, b: Row): number => rooms.compare(text(a, 'room'), text(b, 'room')) || Number(text(a, 'ordinal') || 1) - Number(text(b, 'ordinal') || 1);

function follows(door: Row | undefined, here: Row): boolean {
  if (!door) return false;
  return (rooms.compare(text(door, 'building'), text(here, 'building')) || rooms.compare(text(door, 'unit'), text(here, 'unit')) || byRoom(door, here)) > 0;
}
