// Names: taken apart, and in what way two of them may be one person's. Pure; the twin of sync/linkage/names.py, as far as a phone needs it while a name is typed.
//
// 何伶俐 may be written 何玲利 by someone who heard it (the same sound), 何林利 (the same in a dialect that has no -ng), 何伶莉 … ; some people are known as
// 小俐 or 何阿姨, and while a name is being typed a part of it is all there is. Of two characters in the same place, what sounds the same counts before what looks the same.
import { folded, isChinese, readings } from './sounds.ts';
import { lookAlike, SURNAMES, SURNAMES_OF_TWO, TITLES } from './tables.ts';
import { oneSlip } from './written.ts';

/** In what way two names may be one person's, the surest first. */
export type Likeness = 'same' | 'sound' | 'look' | 'dialect' | 'swapped' | 'given' | 'part' | 'nickname' | 'surname';

export interface Name {
  text: string;
  /** full: surname and given name; surname: 老李, 王大爷; given: 小芳, 婷婷; other: not in Chinese characters */
  shape: 'full' | 'surname' | 'given' | 'other' | '';
  /** how it is heard, character by character: the whole, and what of it is a surname and a given name */
  heard: readonly Heard[];
  surname: readonly Heard[];
  given: readonly Heard[];
  /** of a name in other letters: its words, in the order of the alphabet, since their order gets swapped */
  parts: readonly string[];
  /** what its title says: "1" a man, "2" a woman */
  sex: string;
}

interface Heard {
  character: string;
  sounds: readonly string[];
  /** the same, folded */
  dialects: readonly string[];
}

const LETTERS_OF_SPELLING_MIN = 5;
const SPELLINGS_MAX = 16;
const CHARACTERS_REMEMBERED_MAX = 64;

/** Of a name as writtenName() gives it. */
export function nameOf(text: string): Name {
  const of = (shape: Name['shape'], surname = '', given = '', sex = ''): Name => {
    const heardSurname = heardOf(surname, true);
    const heardGiven = heardOf(given);
    return { text, shape, sex, parts: [], surname: heardSurname, given: heardGiven, heard: shape === 'full' ? [...heardSurname, ...heardGiven] : heardOf(text) };
  };
  const characters = [...text];
  if (characters.length === 0) return of('');
  if (!characters.every(isChinese)) return { ...of('other'), heard: [], parts: text.toLowerCase().replace(/[·,]/g, ' ').split(/\s+/).filter(Boolean).sort() };
  const two = characters.slice(0, 2).join('');
  const surname = characters.length > 2 && SURNAMES_OF_TWO.has(two) ? two : characters[0]!;
  const rest = text.slice(surname.length);
  if (TITLES.has(rest) && (SURNAMES.has(surname) || surname.length === 2)) return of('surname', surname, '', TITLES.get(rest));
  const isShort = characters.length === 2 || characters.length === 3;
  const after = characters.slice(1).join('');
  if (isShort && '老小'.includes(characters[0]!) && (SURNAMES.has(after) || SURNAMES_OF_TWO.has(after))) return of('surname', after, characters[0] === '小' ? after : '');
  if (isShort && '小阿'.includes(characters[0]!)) return of('given', '', after);
  if (characters.length === 1) return of('surname', text, text);
  if (characters.length === 2 && characters[0] === characters[1]) return of('given', '', text);
  return of('full', surname, rest);
}

const hearing = { surname: new Map<string, Heard>(), given: new Map<string, Heard>() };

/** Each character is heard once: two names with the same one share it, so that whoever is compared with thousands compares each only once. */
function heardOf(text: string, isSurname = false): Heard[] {
  const characters = [...text];
  const known = isSurname && characters.length === 1 ? hearing.surname : hearing.given;
  return characters.map((character) => {
    let heard = known.get(character);
    if (!heard) {
      const sounds = readings(character, known === hearing.surname);
      known.set(character, (heard = { character, sounds, dialects: [...new Set(sounds.map(folded))] }));
    }
    return heard;
  });
}

/** null: nothing says that these two are one person's. */
export function likeness(left: Name, right: Name): Likeness | null {
  if (left.shape === '' || right.shape === '') return null;
  if (left.text === right.text) return 'same';
  if (left.shape === 'other' || right.shape === 'other') return inOtherLetters(left, right);
  const whole = inPlace(left.heard, right.heard);
  if (whole) return whole;
  if (left.shape === 'full' && right.shape === 'full') return isSwapped(left, right) ? 'swapped' : (partOf(left, right) ?? partOf(right, left));
  return inShort(left, right) ?? inShort(right, left);
}

type Alike = 'same' | 'sound' | 'look' | 'dialect';
const ORDER: readonly Alike[] = ['same', 'sound', 'look', 'dialect'];

const compared = new Map<Heard, Map<Heard, Alike | null>>();

function alike(one: Heard, other: Heard): Alike | null {
  if (one.character === other.character) return 'same';
  let known = compared.get(one);
  if (!known) {
    if (compared.size >= CHARACTERS_REMEMBERED_MAX) compared.clear();
    compared.set(one, (known = new Map()));
  }
  let found = known.get(other);
  if (found === undefined) known.set(other, (found = howAlike(one, other)));
  return found;
}

function howAlike(one: Heard, other: Heard): Alike | null {
  if (one.sounds.some((sound) => other.sounds.includes(sound))) return 'sound';
  if (lookAlike(one.character, other.character)) return 'look';
  return one.dialects.some((sound) => other.dialects.includes(sound)) ? 'dialect' : null;
}

/** Character by character, the weakest of all; null as soon as one is not alike. */
function inPlace(ours: readonly Heard[], theirs: readonly Heard[]): Alike | null {
  if (ours.length !== theirs.length) return null;
  let least = 0;
  for (let at = 0; at < ours.length; at += 1) {
    const how = alike(ours[at]!, theirs[at]!);
    if (how === null) return null;
    least = Math.max(least, ORDER.indexOf(how));
  }
  return ORDER[least]!;
}

function areHeardAlike(ours: readonly Heard[], theirs: readonly Heard[]): boolean {
  const how = inPlace(ours, theirs);
  return how === 'same' || how === 'sound';
}

/** 何俐伶 for 何伶俐. */
function isSwapped(left: Name, right: Name): boolean {
  return left.given.length === 2 && areHeardAlike(left.surname, right.surname) && areHeardAlike(left.given.toReversed(), right.given);
}

/** 伶俐 is the given name of 何伶俐; 何伶 and 何俐 are parts of it. */
function partOf(short: Name, long: Name): 'given' | 'part' | null {
  if (short.heard.length >= long.heard.length) return null;
  if (areHeardAlike(short.heard, long.given)) return 'given';
  if (!areHeardAlike(short.surname, long.surname)) return null;
  let at = 0;
  const isWithin = short.given.every((one) => {
    while (at < long.given.length && !areHeardAlike([one], [long.given[at]!])) at += 1;
    at += 1;
    return at <= long.given.length;
  });
  return isWithin ? 'part' : null;
}

/** 小俐, 俐俐 or 阿俐 for 何伶俐; 何阿姨 or 老何 for anyone of that surname. */
function inShort(short: Name, long: Name): Likeness | null {
  if (long.shape === 'surname' && short.shape === 'given') return null;
  if (short.shape === 'given') return short.given.some((one) => long.given.some((other) => areHeardAlike([one], [other]))) ? 'nickname' : null;
  return short.shape === 'surname' && long.surname.length > 0 && areHeardAlike(short.surname, long.surname) ? 'surname' : null;
}

/** Li Na and na li are the same; He Lingli is how 何伶俐 sounds; a long word may have one letter wrong. */
function inOtherLetters(left: Name, right: Name): Likeness | null {
  if (left.shape === 'other' && right.shape === 'other') {
    const [few, many] = left.parts.length < right.parts.length ? [left.parts, right.parts] : [right.parts, left.parts];
    if (few.join(' ') === many.join(' ') || few.join('') === many.join('')) return 'same';
    if (few.length === many.length && few.every((part, at) => sameWord(part, many[at]!))) return 'sound';
    return few.length < many.length && few.every((part) => many.includes(part)) && few.join('').length >= LETTERS_OF_SPELLING_MIN ? 'part' : null;
  }
  const [other, chinese] = left.shape === 'other' ? [left, right] : [right, left];
  if (chinese.shape !== 'full') return null;
  if (other.parts.includes(chinese.text)) return 'part'; // 阿依古丽 for 阿依古丽·买买提
  const letters = other.text.toLowerCase().replace(/ü/g, 'v').replace(/[^a-z]/g, '');
  return letters !== '' && (spellings(chinese.heard).includes(letters) || spellings([...chinese.given, ...chinese.surname]).includes(letters)) ? 'sound' : null;
}

function sameWord(one: string, other: string): boolean {
  if (one === other) return true;
  if (isChinese(one) && isChinese(other)) return areHeardAlike(heardOf(one), heardOf(other));
  return one.length >= LETTERS_OF_SPELLING_MIN && oneSlip(one, other);
}

function spellings(heard: readonly Heard[]): string[] {
  return heard.reduce<string[]>((so, { sounds }) => so.flatMap((before) => sounds.map((sound) => before + sound)).slice(0, SPELLINGS_MAX), ['']);
}
