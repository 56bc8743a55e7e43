// Dates as people there write them: 2月3日 09:12, with the year where it is not this one. Made once per language; a list formats hundreds.
import { locale } from './index.ts';

type Style = 'dateTime' | 'date' | 'time' | 'seconds' | 'dayTitle';
const OPTIONS: Record<Style, Intl.DateTimeFormatOptions> = {
  dateTime: { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  date: { month: 'short', day: 'numeric' },
  time: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  seconds: { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
  dayTitle: { month: 'long', day: 'numeric', weekday: 'long' },
};
const made = new Map<string, Intl.DateTimeFormat>();

function format(style: Style, at: string | number | Date): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return '';
  const year: Intl.DateTimeFormatOptions = OPTIONS[style].day && date.getFullYear() !== new Date().getFullYear() ? { year: 'numeric' } : {};
  const key = `${locale()} ${style} ${year.year ?? ''}`;
  let formatter = made.get(key);
  if (!formatter) made.set(key, (formatter = new Intl.DateTimeFormat(locale() === 'zh' ? 'zh-CN' : 'en-GB', { ...OPTIONS[style], ...year })));
  return formatter.format(date);
}

export const dateTime = (at: string | number | Date) => format('dateTime', at);
export const date = (at: string | number | Date) => format('date', at);
export const time = (at: string | number | Date) => format('time', at);
export const timeWithSeconds = (at: string | number | Date) => format('seconds', at);
export const dayTitle = (at: string | number | Date) => format('dayTitle', at);

/** Today only the time, otherwise the day with it. */
export function moment(at: string | number | Date): string {
  return new Date(at).toDateString() === new Date().toDateString() ? time(at) : dateTime(at);
}
