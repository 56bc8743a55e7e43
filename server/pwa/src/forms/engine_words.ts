// The words of a question as the engine gives them: their text, their Markdown, and what is marked beside them (for_engine.ts).
import { fileName, MARK, piecesOf, type Marked } from './for_engine.ts';
import type { MediaKind } from './items.ts';
import { isPlain, markupOf, type EngineMarkup, type Markup } from './markup.ts';

/** What is used of the engine's TextRange. */
export interface Words extends Iterable<{ asString: string }> {
  role: string;
  asString: string;
  formatted: EngineMarkup[];
  imageSource?: URL | undefined;
  audioSource?: URL | undefined;
  videoSource?: URL | undefined;
}
type MakeWords = new (role: string, pieces: readonly { asString: string }[]) => Words;

/** The text that is marked as this; without `what` the words themselves. */
export function textOfWords(words: Words | null, what: Marked | null = null): string {
  if (!words) return '';
  const text = words.asString;
  if (!text.includes(MARK)) return what === null ? text.trim() : '';
  return piecesOf(words, what)
    .map((piece) => piece.asString)
    .join('')
    .trim();
}

export function markupOfWords(words: Words | null, what: Marked | null = null): Markup[] {
  const text = textOfWords(words, what);
  if (!words || text === '') return [];
  if (isPlain(text)) return [text];
  const pieces = piecesOf(words, what);
  // References keep their kind: the engine reads Markdown in them (a calculation may make some) apart from the form's own.
  return markupOf(new (words.constructor as MakeWords)(words.role, pieces).formatted);
}

/** The name of the form's file that stands beside the words; "" when there is none. */
export function mediaOfWords(words: Words | null, kind: MediaKind): string {
  if (kind === 'big-image') return fileName(textOfWords(words, 'big-image'));
  const source = { image: words?.imageSource, audio: words?.audioSource, video: words?.videoSource }[kind];
  return source ? fileName(source.href) : '';
}
