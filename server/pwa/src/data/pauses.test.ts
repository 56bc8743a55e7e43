import { expect, test } from 'vitest';
import { INTERVAL_SECONDS, JITTER, nextSeconds, RECEIPT_SECONDS, RETRY_SECONDS_FIRST, RETRY_SECONDS_MAX, retrySeconds } from './pauses.ts';

test('pauses double from the first to the limit', () => {
  const middle = (failures: number) => retrySeconds(failures, 0.5);
  expect([1, 2, 3, 4].map(middle)).toEqual([4, 8, 16, 32]);
  expect(middle(50)).toBe(RETRY_SECONDS_MAX);
});

test('a team whose server comes back does not come back in one second', () => {
  expect(retrySeconds(1, 0)).toBe(RETRY_SECONDS_FIRST * (1 - JITTER));
  expect(retrySeconds(1, 1)).toBe(RETRY_SECONDS_FIRST * (1 + JITTER));
  expect(retrySeconds(50, 1)).toBe(RETRY_SECONDS_MAX);
});

test('receipts are asked for soon after a push, then ever more rarely, and not at all when all are answered', () => {
  expect(RECEIPT_SECONDS.map((_, looks) => nextSeconds(1, looks))).toEqual(RECEIPT_SECONDS);
  expect(nextSeconds(3, 99)).toBe(INTERVAL_SECONDS);
  expect(nextSeconds(0, 0)).toBe(INTERVAL_SECONDS);
});
