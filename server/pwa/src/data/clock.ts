// A hybrid logical clock: it never runs backwards and is moved past everything seen, so that an edit made after seeing a
// value sorts after that value, however wrong this phone's own clock is. As text "%013d-%04x-%s": milliseconds since 1970,
// counter, device; compared as text. Cases that Python runs too: tests/data/clock.json.
export interface Clock {
  milliseconds: number;
  counter: number;
  device: string;
}

const COUNTER_MAX = 0xffff;
const PATTERN = /^(\d{13})-([0-9a-f]{4})-(.+)$/;

/** The clock of a new event at wall time `now`. */
export function tick(clock: Clock, now: number): Clock {
  return after(clock, now, clock);
}

/** The clock after having seen another's. A text that is no clock changes nothing. */
export function observe(clock: Clock, seen: string, now: number): Clock {
  const other = parse(seen);
  if (!other) return clock;
  return after(clock, now, compare(other, clock) > 0 ? other : clock);
}

export function format(clock: Clock): string {
  return `${String(clock.milliseconds).padStart(13, '0')}-${clock.counter.toString(16).padStart(4, '0')}-${clock.device}`;
}

export function parse(text: string): Clock | null {
  const match = PATTERN.exec(text);
  return match ? { milliseconds: Number(match[1]), counter: parseInt(match[2]!, 16), device: match[3]! } : null;
}

export function newest(clocks: Iterable<string>): string | null {
  let best: string | null = null;
  for (const clock of clocks) if (best === null || clock > best) best = clock;
  return best;
}

/** How far this phone is ahead of the server, in milliseconds; the time of the answer's way back is split evenly. */
export function offset(sentAt: number, receivedAt: number, serverTime: number): number {
  return Math.round((sentAt + receivedAt) / 2 - serverTime);
}

function compare(a: Clock, b: Clock): number {
  return a.milliseconds - b.milliseconds || a.counter - b.counter;
}

function after(clock: Clock, now: number, floor: Clock): Clock {
  const wall = Math.floor(now);
  if (wall > floor.milliseconds) return { milliseconds: wall, counter: 0, device: clock.device };
  if (floor.counter >= COUNTER_MAX) return { milliseconds: floor.milliseconds + 1, counter: 0, device: clock.device };
  return { milliseconds: floor.milliseconds, counter: floor.counter + 1, device: clock.device };
}
