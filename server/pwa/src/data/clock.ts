// A hybrid logical clock: it never runs backwards and is moved past everything seen, so that an edit made after seeing a
// value sorts after that value, however wrong this phone's own clock is. As text "%013d-%04x-%s": milliseconds since 1970,
// counter, device; compared as text. The centre's is sync/clock.py; both run the cases of tests/data/clock.json.
export interface Clock {
  milliseconds: number;
  counter: number;
  device: string;
}

const COUNTER_MAX = 0xffff;
const PATTERN = /^([0-9]{13})-([0-9a-f]{4})-([A-Za-z0-9][A-Za-z0-9._-]{0,79})$/;

/** The next clock of this device: not before `now` and after every clock in `seen`, its own last one among them. What is no clock is passed over. */
export function advance(device: string, now: number, seen: Iterable<string>): string {
  let milliseconds = Math.floor(now);
  let counter = -1;
  for (const text of seen) {
    const clock = parse(text);
    if (!clock) continue;
    if (clock.milliseconds > milliseconds || (clock.milliseconds === milliseconds && clock.counter > counter)) ({ milliseconds, counter } = clock);
  }
  counter += 1;
  return counter > COUNTER_MAX ? format({ milliseconds: milliseconds + 1, counter: 0, device }) : format({ milliseconds, counter, device });
}

export function format(clock: Clock): string {
  return `${String(clock.milliseconds).padStart(13, '0')}-${clock.counter.toString(16).padStart(4, '0')}-${clock.device}`;
}

export function parse(text: string): Clock | null {
  const match = PATTERN.exec(text);
  return match ? { milliseconds: Number(match[1]), counter: parseInt(match[2]!, 16), device: match[3]! } : null;
}

/** The greatest of some clocks; the empty text for none. */
export function newest(clocks: Iterable<string>): string {
  let best = '';
  for (const clock of clocks) if (clock > best && parse(clock)) best = clock;
  return best;
}

const WRONG_FROM_MS = 10 * 60_000;
const MEASURED_DAYS_MAX = 60;

/**
 * Whether what is due today, and the dates in forms, go wrong with this phone's clock. `measured`: how far it was ahead, and what it said then. A clock
 * that has run backwards since, or leapt on by months, was set by somebody: then nothing is known until the server is reached again.
 */
export function isWrong(measured: { offset: number; at: number }, now: number): boolean {
  const since = now - measured.at;
  return Math.abs(measured.offset) >= WRONG_FROM_MS && since > -WRONG_FROM_MS && since < MEASURED_DAYS_MAX * 86_400_000;
}

/** How far this phone is ahead of the server, in milliseconds; the time of the answer's way is split evenly. */
export function offset(sentAt: number, receivedAt: number, serverTime: number): number {
  return Math.round((sentAt + receivedAt) / 2 - serverTime);
}
