import { expect, test } from 'vitest';
import { dateOf, daysIn, inCalendar, partsOf } from './calendar_dates.ts';

test('a date is put together from its parts, once they are all there', () => {
  expect(dateOf({ year: '1951', month: '2', day: '9' })).toBe('1951-02-09');
  expect(dateOf({ year: '195', month: '2', day: '9' })).toBe('');
  expect(dateOf({ year: '1951', month: '', day: '9' })).toBe('');
  expect(partsOf('1951-02-09')).toEqual({ year: '1951', month: '2', day: '9' });
});

test('a day that the month does not have becomes its last', () => {
  expect(dateOf({ year: '2024', month: '2', day: '31' })).toBe('2024-02-29');
  expect([daysIn('2023', '2'), daysIn('', '2'), daysIn('', '')]).toEqual([28, 29, 31]);
});

test('a day as other calendars call it', () => {
  expect(inCalendar(new Set(['persian']), '2026-03-21', 'en')).toContain('1405');
  expect(inCalendar(new Set(['ethiopian']), '2026-09-11', 'en')).toContain('2019');
  expect(inCalendar(new Set(['month-year']), '2026-09-11', 'en')).toBe('');
});
