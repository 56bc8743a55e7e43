import { describe, expect, test } from 'vitest';
import cases from '../../../../tests/data/clock.json';
import { advance, format, newest, offset, parse } from './clock.ts';

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

test('a phone two hours ahead measures two hours, whatever the answer took', () => {
  expect(offset(7_200_000, 7_204_000, 2_000)).toBe(7_200_000);
});
