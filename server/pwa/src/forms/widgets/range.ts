// The places of a range: from its start to its end by its step, without the dust of binary fractions. Pure.

export interface Range {
  start: number;
  end: number;
  step: number;
}

/** How many steps there are, at most; a range need not end on a step. */
export function stepsIn({ start, end, step }: Range): number {
  return Math.floor(Math.abs(end - start) / step + 1e-9);
}

/** The answer at this many steps from the start. */
export function valueAt(range: Range, steps: number): string {
  const towards = range.end < range.start ? -1 : 1;
  const value = range.start + towards * range.step * Math.min(Math.max(steps, 0), stepsIn(range));
  return String(Number(value.toFixed(Math.max(decimalsOf(range.start), decimalsOf(range.step)))));
}

/** The nearest step to an answer; null when there is none. */
export function stepOf(range: Range, text: string): number | null {
  if (text === '' || !Number.isFinite(Number(text))) return null;
  return Math.min(Math.max(Math.round(Math.abs(Number(text) - range.start) / range.step), 0), stepsIn(range));
}

export function valuesIn(range: Range): string[] {
  return Array.from({ length: stepsIn(range) + 1 }, (_, steps) => valueAt(range, steps));
}

function decimalsOf(number: number): number {
  return (/\.(\d+)/.exec(String(number))?.[1] ?? '').length;
}
