// When the next sync is. Pure.
export const RETRY_SECONDS_FIRST = 4;
export const RETRY_SECONDS_MAX = 300;
export const INTERVAL_SECONDS = 180;
export const JITTER = 0.25;
/** After a push the receipts come within seconds: ask again soon, then ever more rarely. */
export const RECEIPT_SECONDS = [2, 5, 10, 20, 40, 60];

/** Seconds until the next try after so many failures in a row; `chance` is from 0 to 1, so that a whole team does not come back at once. */
export function retrySeconds(failures: number, chance: number): number {
  const grown = Math.min(RETRY_SECONDS_MAX, RETRY_SECONDS_FIRST * 2 ** Math.min(failures - 1, 20));
  return Math.min(RETRY_SECONDS_MAX, grown * (1 - JITTER + 2 * JITTER * chance));
}

/** Seconds until the next look after a round that went well; `looks` counts the rounds since something was last sent. */
export function nextSeconds(unanswered: number, looks: number): number {
  return unanswered > 0 ? (RECEIPT_SECONDS[looks] ?? INTERVAL_SECONDS) : INTERVAL_SECONDS;
}
