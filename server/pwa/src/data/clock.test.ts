import { describe, expect, test } from 'vitest';
import cases from '../../../../tests/data/clock.json';
import { advance, format, isWrong, newest, offset, parse } from './clock.ts';

describe('the clock, by the cases that Python runs too', () => {
  test.each(cases.parse)('$clock is read and written alike', ({ clock, milliseconds, counter, device }) => {
    expect(parse(clock)).toEqual({ milliseconds, counter, device });
    expect(format({ milliseconds, counter, device })).toBe(clock);
  });
  test.each(cases.refused)('%j is no clock', (text) => {
    expect(parse(text)).toBeNull();
  });
  test.each(cases.advance)('$why', ({ device, now_ms, seen, next }) => {
    expect(advance(device, now_ms, seen)).toBe(next);
  });
  test('each is earlier than the next, as text', () => {
    expect([...cases.order].sort()).toEqual(cases.order);
    expect(newest(cases.order)).toBe(cases.order.at(-1));
  });
});

const DAY = 86_400_000;
test.each([
  ['right within minutes', { offset: 120_000, at: 0 }, 1000, false],
  ['stands in 2099', { offset: 26_488 * DAY, at: 30_000 * DAY }, 30_001 * DAY, true],
  ['stands in 1970', { offset: -20_000 * DAY, at: DAY }, 2 * DAY, true],
  ['stood in 2099 and was set right since, without a network', { offset: 26_488 * DAY, at: 47_270 * DAY }, 20_782 * DAY, false],
  ['stood in 1970 and was set right since, without a network', { offset: -20_000 * DAY, at: DAY }, 20_782 * DAY, false],
])('a clock that %s', (_what, measured, now, wrong) => {
  expect(isWrong(measured, now)).toBe(wrong);
});

test('a phone two hours ahead measures two hours, whatever the answer took', () => {
  expect(offset(7_200_000, 7_204_000, 2_000)).toBe(7_200_000);
});
