import { expect, test } from 'vitest';
import { stepOf, stepsIn, valueAt, valuesIn } from './range.ts';

test('a tenth and a tenth and a tenth are three tenths', () => {
  expect(valuesIn({ start: 0, end: 0.5, step: 0.1 })).toEqual(['0', '0.1', '0.2', '0.3', '0.4', '0.5']);
  expect(stepsIn({ start: 0, end: 1, step: 0.05 })).toBe(20);
});

test('a range may begin below nothing, run downwards, and end between two steps', () => {
  expect(valuesIn({ start: -1.5, end: 0, step: 0.5 })).toEqual(['-1.5', '-1', '-0.5', '0']);
  expect(valuesIn({ start: 3, end: 1, step: 1 })).toEqual(['3', '2', '1']);
  expect(valuesIn({ start: 0, end: 5, step: 2 })).toEqual(['0', '2', '4']);
});

test('an answer is found again, and nothing beyond the ends', () => {
  const range = { start: 10, end: 20, step: 5 };
  expect(stepOf(range, '15')).toBe(1);
  expect(stepOf(range, '')).toBeNull();
  expect(valueAt(range, 99)).toBe('20');
});
