// How the choices of a question are laid out: by its appearance, how many there are and how wide their words. Pure.

/** `buttons` in columns or packed; `row`: one line of equal places, as on a scale; `picker`: the phone's own; `sheet`: over the whole screen, with a search. */
export type ChoiceLook =
  | { kind: 'buttons'; columns: number | 'pack'; marks: boolean }
  | { kind: 'row' }
  | { kind: 'picker' }
  | { kind: 'sheet' };

export interface Asked {
  several: boolean;
  appearance: ReadonlySet<string>;
  /** as they are shown */
  labels: readonly string[];
  pictures: boolean;
}

const BUTTONS_MAX = 15;
const PICKER_MAX = 40;
const ROW_MAX = 7;
// Widths that fit beside each other on 390 px, a Chinese character counted as two.
const WIDTH_OF_THREE = 8;
const LATIN_WIDTH = 1.2;
const BOX_WIDTH = 3;
const WIDTH_OF_TWO = 15;
// Words of Latin letters are not to be broken: as wide as a button of two beside its mark, and all the places of a scale together.
const WORD_OF_TWO = 12;
const ROW_WIDTH = 42;
// A long list of longer words is better read in two columns of two lines than scrolled.
const LONG_LIST = 5;
const WIDTH_OF_TWO_LINES = 28;

export function lookOf({ several, appearance, labels, pictures }: Asked): ChoiceLook {
  const has = (...names: string[]) => names.some((name) => appearance.has(name));
  if (has('autocomplete', 'search') || [...appearance].some((name) => name.startsWith('search('))) return { kind: 'sheet' };
  if (has('minimal')) return several || labels.length > PICKER_MAX || pictures ? { kind: 'sheet' } : { kind: 'picker' };
  const marks = !has('no-buttons');
  const longestWord = Math.max(0, ...labels.flatMap((label) => label.split(/[\s\u2e80-\uffff]+/).map(widthOf)));
  if (has('likert', 'list', 'list-nolabel') && labels.length <= ROW_MAX && !several)
    return longestWord <= ROW_WIDTH / labels.length ? { kind: 'row' } : { kind: 'buttons', columns: 1, marks };
  const columns = columnsAsked(appearance);
  if (columns === null && labels.length > BUTTONS_MAX) return several || labels.length > PICKER_MAX || pictures ? { kind: 'sheet' } : { kind: 'picker' };
  const widest = Math.max(0, ...labels.map(widthOf));
  if (columns === 'auto' || (columns === null && pictures)) return { kind: 'buttons', columns: 2, marks };
  return { kind: 'buttons', columns: columns ?? (longestWord > WORD_OF_TWO ? 1 : columnsFor(widest, labels.length, several && marks)), marks };
}

function columnsAsked(appearance: ReadonlySet<string>): number | 'pack' | 'auto' | null {
  for (const name of appearance) {
    const number = /^(?:columns|compact|quickcompact)-(\d+)$/.exec(name)?.[1];
    if (number) return Math.min(Math.max(Number(number), 1), 6);
    if (name === 'columns-pack' || name === 'compact' || name === 'quickcompact' || name === 'horizontal') return 'pack';
    if (name === 'columns') return 'auto';
  }
  return null;
}

function columnsFor(widest: number, count: number, boxes: boolean): 1 | 2 | 3 {
  if (widest <= (boxes ? WIDTH_OF_THREE - BOX_WIDTH : WIDTH_OF_THREE) && count > 2 && count !== 4) return 3;
  return widest <= (count >= LONG_LIST ? WIDTH_OF_TWO_LINES : WIDTH_OF_TWO) ? 2 : 1;
}

function widthOf(label: string): number {
  return [...label].reduce((width, character) => width + (character.codePointAt(0)! > 0x2e80 ? 2 : LATIN_WIDTH), 0);
}
