// What a person typed, read or refused before the engine sees it.
import { expect, test } from 'vitest';
import { readTyped } from './typed.ts';
import { forPicker, timeWithZone, withZone } from './when.ts';

test.each([
  ['integer', '3', { text: '3' }],
  ['integer', ' ３１１ ', { text: '311' }],
  ['integer', '-007', { text: '-7' }],
  ['integer', '2.7', { problem: 'not_whole' }],
  ['integer', 'abc', { problem: 'not_a_number' }],
  ['integer', '12abc', { problem: 'not_a_number' }],
  ['integer', '2147483648', { problem: 'too_large' }],
  ['integer', '', { text: '' }],
  ['decimal', '36.6', { text: '36.6' }],
  ['decimal', '36.', { text: '36' }],
  ['decimal', '36。6', { text: '36.6' }],
  ['decimal', '36,6', { text: '36.6' }],
  ['decimal', '３６．６', { text: '36.6' }],
  ['decimal', '36.6.1', { problem: 'not_a_number' }],
  ['decimal', '1e3', { problem: 'not_a_number' }],
  ['decimal', 'Infinity', { problem: 'not_a_number' }],
  ['decimal', '12345678901234567', { problem: 'too_large' }],
  ['date', '2026-02-03', { text: '2026-02-03' }],
  ['date', '2026-02-30', { problem: 'not_a_date' }],
  ['date', '3 February', { problem: 'not_a_date' }],
  ['time', '23:59', { text: '23:59' }],
  ['time', '24:00', { problem: 'not_a_time' }],
  ['dateTime', '2026-02-03T09:15:00.000+08:00', { text: '2026-02-03T09:15:00.000+08:00' }],
  ['dateTime', '2026-13-03T09:15:00.000+08:00', { problem: 'not_a_date' }],
  ['dateTime', '2026-02-03T9', { problem: 'not_a_time' }],
  ['geopoint', '29.84 114.32 20 5', { text: '29.84 114.32 20 5' }],
  ['geopoint', '91 114', { problem: 'not_a_position' }],
  ['geopoint', 'here', { problem: 'not_a_position' }],
  ['text', '何伶俐 👵\n二行', { text: '何伶俐 👵\n二行' }],
  ['text', 'a\u000bb', { problem: 'unreadable_character' }],
  ['text', 'half a face \ud83d', { problem: 'unreadable_character' }],
  ['text', 'x'.repeat(10_001), { problem: 'too_long' }],
] as const)('%s %j is read as %j', (type, raw, expected) => expect(readTyped(type, raw)).toEqual(expected));

test('what a picker gives gets the zone of the phone, and comes back as it was picked', () => {
  const kept = withZone('2026-02-03T09:15');
  expect(kept).toMatch(/^2026-02-03T09:15:00\.000[+-]\d\d:\d\d$/);
  expect(forPicker(kept)).toBe('2026-02-03T09:15');
  expect(readTyped('dateTime', kept)).toEqual({ text: kept });
  expect(readTyped('time', timeWithZone('09:15'))).toEqual({ text: timeWithZone('09:15') });
  expect(timeWithZone('09:15')).toMatch(/^09:15:00\.000[+-]\d\d:\d\d$/);
});
