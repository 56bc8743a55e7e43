// Finding among thousands of choices: by their words at once, and by the sound of Chinese words as they are looked through. Pure.
//
// Best first: the words begin so; a word in them does; they have it somewhere; their code has it. Then by sound (pinyin or its initials).

const LATIN = /^[a-zü\s]+$/;
const CHINESE = /[\u3400-\u9fff]/;

/** Whether a Chinese word sounds like what was typed: pinyin-match. */
export type SoundsLike = (words: string, typed: string) => boolean;

export class ChoiceSearch {
  private readonly words: string[];
  private readonly codes: string[];

  constructor(choices: readonly { value: string; label: string }[]) {
    this.words = choices.map(({ label }) => normal(label));
    this.codes = choices.map(({ value }) => normal(value));
  }

  /** Places in the list, best first. Everything when nothing is typed. */
  byWords(typed: string): number[] {
    const parts = normal(typed).split(/\s+/).filter(Boolean);
    if (parts.length === 0) return this.words.map((_, place) => place);
    const found: [number[], number[], number[], number[]] = [[], [], [], []];
    this.words.forEach((words, place) => {
      if (parts.every((part) => words.includes(part))) {
        const first = parts[0]!;
        found[words.startsWith(first) ? 0 : words.includes(` ${first}`) ? 1 : 2].push(place);
      } else if (parts.length === 1 && this.codes[place]!.startsWith(parts[0]!)) found[3].push(place);
    });
    return found.flat();
  }

  /** Whether looking by sound can find anything that the words do not. */
  mayBeSound(typed: string): boolean {
    return LATIN.test(normal(typed));
  }

  /** Goes through the list in order: the place of one that sounds so, or null for one that does not, so that whoever asks can pause. */
  *bySound(typed: string, soundsLike: SoundsLike): Generator<number | null> {
    const sound = normal(typed).replace(/\s+/g, '');
    for (const [place, words] of this.words.entries()) yield CHINESE.test(words) && soundsLike(words, sound) ? place : null;
  }
}

function normal(text: string): string {
  return text.normalize('NFKC').toLowerCase().trim();
}
