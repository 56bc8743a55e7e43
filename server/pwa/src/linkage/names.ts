// A name taken apart: surname and given name, or what little of it somebody wrote down (老李, 王大爷, 小芳). Pure; the twin of sync/linkage/names.py.
import { isChinese } from './sounds.ts';
import { SURNAMES, SURNAMES_OF_TWO, TITLES, TITLES_OF_THE_OLD } from './tables.ts';

/** `shape`: full (surname and given name), surname (老李, 王大爷), given (小芳, 婷婷), other (阿依古丽·买买提, Smith: `parts` in the order of the alphabet). */
export interface Name {
  text: string;
  shape: 'full' | 'surname' | 'given' | 'other' | '';
  surname: string;
  given: string;
  parts: readonly string[];
  /** where the title says it: "1" a man, "2" a woman */
  sex: string;
  /** so does the title */
  old: boolean;
}

const TITLE_CHARACTERS = 2; // of a title after a whole name: 王芳姨 may be a name, 王芳阿姨 is none
const NAME_CHARACTERS_MAX = 4;

/** 何伶俐 of 何伶俐女士. 何女士 stays: without its title it would be a name of one character, and the title says more. */
export function withoutTitle(text: string): string {
  const characters = [...text];
  const before = characters.slice(0, -TITLE_CHARACTERS);
  const isWhole = before.length >= 2 && before.length <= NAME_CHARACTERS_MAX && !SURNAMES_OF_TWO.has(before.join(''));
  return isWhole && TITLES.has(characters.slice(-TITLE_CHARACTERS).join('')) && before.every(isChinese) ? before.join('') : text;
}

/** Of a name as writtenName() gives it. */
export function nameOf(text: string): Name {
  const of = (shape: Name['shape'], surname = '', given = '', title = ''): Name => ({ text, shape, surname, given, sex: TITLES.get(title) ?? '', old: TITLES_OF_THE_OLD.has(title), parts: [] });
  const characters = [...text];
  if (characters.length === 0) return of('');
  if (!characters.every(isChinese)) return { ...of('other'), parts: text.replace(/[·,]/g, ' ').toLowerCase().split(/\s+/).filter(Boolean).sort() };
  const two = characters.slice(0, 2).join('');
  const surname = characters.length > 2 && SURNAMES_OF_TWO.has(two) ? two : characters[0]!;
  const rest = text.slice(surname.length);
  if (TITLES.has(rest) && (SURNAMES.has(surname) || [...surname].length === 2)) return of('surname', surname, '', rest);
  const isShort = characters.length === 2 || characters.length === 3;
  const after = characters.slice(1).join('');
  if (isShort && '老小'.includes(characters[0]!) && (SURNAMES.has(after) || SURNAMES_OF_TWO.has(after))) return of('surname', after, characters[0] === '小' ? after : '');
  if (isShort && '小阿'.includes(characters[0]!)) return of('given', '', after);
  if (characters.length === 1) return of('surname', text, text);
  if (characters.length === 2 && characters[0] === characters[1]) return of('given', '', text);
  return of('full', surname, rest);
}
