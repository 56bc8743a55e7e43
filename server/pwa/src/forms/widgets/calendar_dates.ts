// Dates by their parts, and as other calendars call them. Pure but for the browser's own calendars (Intl).

/** Appearances of ODK that name a calendar, and what browsers call it. Bikram Sambat and the calendar of Myanmar are in no browser. */
const CALENDARS: Record<string, string> = { ethiopian: 'ethiopic', coptic: 'coptic', islamic: 'islamic-umalqura', persian: 'persian', buddhist: 'buddhist', chinese: 'chinese', hebrew: 'hebrew' };
const NO_CALENDAR = ['bikram-sambat', 'myanmar'];

/** The day as that calendar calls it, in the language; "" when no calendar is asked for or there is no day. */
export function inCalendar(appearance: ReadonlySet<string>, text: string, language: string): string {
  const calendar = Object.entries(CALENDARS).find(([name]) => appearance.has(name))?.[1];
  const day = /^\d{4}-\d\d-\d\d/.exec(text)?.[0];
  if (!calendar || !day) return '';
  return new Intl.DateTimeFormat(`${language}-u-ca-${calendar}`, { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`));
}

export function isForeignCalendar(appearance: ReadonlySet<string>): boolean {
  return NO_CALENDAR.some((name) => appearance.has(name));
}

export interface Parts {
  year: string;
  month: string;
  day: string;
}

export function partsOf(text: string): Parts {
  const [, year = '', month = '', day = ''] = /^(\d{4})-(\d\d)-(\d\d)/.exec(text) ?? [];
  return { year, month: month && String(Number(month)), day: day && String(Number(day)) };
}

/** The date of these parts; "" when they are not all there. A day that its month does not have becomes the month's last. */
export function dateOf({ year, month, day }: Parts): string {
  if (!/^\d{4}$/.test(year) || !month || !day) return '';
  return `${year}-${month.padStart(2, '0')}-${String(Math.min(Number(day), daysIn(year, month))).padStart(2, '0')}`;
}

/** 31 where the year or the month is not known yet. */
export function daysIn(year: string, month: string): number {
  if (!month) return 31;
  return new Date(Date.UTC(/^\d{4}$/.test(year) ? Number(year) : 2000, Number(month), 0)).getUTCDate();
}
