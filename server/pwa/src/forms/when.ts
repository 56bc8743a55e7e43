// Between what the phone's own date and time pickers say and what an instance holds. Pure.
//
// Dates and times are asked with the phone's own pickers: they are made for a thumb, speak its language, know its calendar,
// work without a network and can be read aloud; and they cannot give a date that does not exist.

/** "2026-02-03T09:15" of a picker → "2026-02-03T09:15:00.000+08:00", in the zone where the phone is on that day. */
export function withZone(picked: string): string {
  if (picked === '') return '';
  const time = new Date(picked);
  if (Number.isNaN(time.getTime())) return picked;
  return `${picked.length === 16 ? `${picked}:00.000` : picked}${offsetOf(time)}`;
}

/** An instance's dateTime as a picker takes it: the wall clock where the phone is. */
export function forPicker(text: string): string {
  if (text === '') return '';
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return '';
  return isoWithZone(time).slice(0, 16);
}

/** A moment with the phone's own offset: 2026-02-03T09:12:44+08:00 */
export function isoWithZone(time: Date): string {
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return `${local.toISOString().slice(0, 19)}${offsetOf(time)}`;
}

/** "09:15" → "09:15:00.000+08:00"; a time of day carries the zone in an instance. */
export function timeWithZone(picked: string): string {
  return /^\d\d:\d\d$/.test(picked) ? `${picked}:00.000${offsetOf(new Date())}` : picked;
}

function offsetOf(time: Date): string {
  const minutes = -time.getTimezoneOffset();
  const two = (number: number) => String(Math.trunc(number)).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
}
