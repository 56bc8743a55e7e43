// How two names are alike, as a level of evidence: the same, by sound, in a dialect, by look, in part. Pure and symmetric; the twin of sync/linkage/names_alike.py.
import type { Name } from './names.ts';
import { isChinese, readings, soundAlike } from './sounds.ts';
import { COMMON_GIVEN, lookAlike, SURNAMES, weights } from './tables.ts';
import { oneSlip } from './written.ts';

const NEAR_LETTERS_MIN = 4;
const SPELLINGS_MAX = 16;
const ORDER = ['same', 'sound', 'dialect', 'look', 'other'] as const;
type Level = (typeof ORDER)[number];

/** For being one rather than two strangers, and rather than two of one family. */
export type Bits = readonly [stranger: number, relative: number];
export interface Evidence {
  key: string;
  bits: Bits;
}

type Weights = Record<string, Record<string, number[]>>;
export function bitsOf(of: string, level: string): Bits {
  return (weights as unknown as Weights)[of]![level] as unknown as Bits;
}

/** Nothing where a name is missing. In one place a rare surname says less: villages have surnames of their own. */
export function namesAlike(left: Name, right: Name, onePlace: boolean): Evidence[] {
  if (left.text === '' || right.text === '') return [];
  if (left.shape === 'other' || right.shape === 'other') return [partsAlike(left, right)];
  return left.shape === 'full' && right.shape === 'full' ? fullAlike(left, right, onePlace) : piecesAlike(left, right, onePlace);
}

function fullAlike(left: Name, right: Name, onePlace: boolean): Evidence[] {
  const piece = givenOnly(left, right);
  if (piece) return [piece];
  const surname = alike(left.surname, right.surname, true);
  const rarity = surname === 'same' ? rarityOf(left.surname, onePlace) : 0;
  const [given, bits] = givenAlike(left.given, right.given);
  const ofSurname = sum([rarity, 0], bitsOf('surname', surname));
  if (surname === 'same' && given === 'same') return [{ key: 'name_same', bits: sum(ofSurname, bits) }];
  return [{ key: `surname_${surname}`, bits: ofSurname }, { key: `given_${given}`, bits }];
}

/** What two characters have in common weighs more than what one has. */
function givenAlike(left: string, right: string): [level: string, bits: Bits] {
  if (left.length !== right.length) {
    const [short, long] = left.length < right.length ? [left, right] : [right, left];
    const level = [...long].includes(short) ? 'part' : 'other';
    return [level, bitsOf('given_of_two', level)];
  }
  let of = left.length === 1 ? 'given_of_one' : 'given_of_two';
  const levels = [...left].map((one, at) => ORDER.indexOf(alike(one, right[at]!)));
  const worst = ORDER[Math.max(...levels)]!;
  if (worst === 'other' && left.length === 2) {
    if (left === right[1]! + right[0]!) return ['swapped', bitsOf(of, 'swapped')];
    if (levels[1] === 0) return ['half', bitsOf(of, 'half_last')]; // the first is the character that a generation shares
    const level = levels[0] === 0 ? 'half' : 'other';
    return [level, bitsOf(of, level)];
  }
  if ((worst === 'same' || worst === 'sound') && (COMMON_GIVEN.has(left) || COMMON_GIVEN.has(right))) of = 'given_of_two_common';
  return [worst, bitsOf(of, worst)];
}

/** 伶俐 for 何伶俐: two characters that are another's whole given name were taken for a surname and a name of one character. */
function givenOnly(left: Name, right: Name): Evidence | null {
  const [short, long] = left.text.length < right.text.length ? [left, right] : [right, left];
  if (short.text.length !== 2 || long.given.length !== 2 || short.surname === long.surname) return null;
  if (short.text === long.given) return { key: 'given_only', bits: bitsOf('piece', 'given_only') };
  return heardTheSame(short.text, long.given) ? { key: 'given_only', bits: bitsOf('piece', 'given_only_sound') } : null;
}

/** At least one is only a piece: a surname (老李, 王大爷) or a given name (小芳). What both say is compared, and nothing else. */
function piecesAlike(left: Name, right: Name, onePlace: boolean): Evidence[] {
  if (left.surname && right.surname) {
    const level = alike(left.surname, right.surname, true);
    if (level === 'other') return [{ key: 'piece_surname_other', bits: bitsOf('piece', 'surname_other') }];
    const rarity: Bits = level === 'same' ? [rarityOf(left.surname, onePlace), 0] : bitsOf('surname', level);
    return [{ key: 'surname_only', bits: sum(rarity, bitsOf('piece', 'surname_only')) }];
  }
  if (!left.given || !right.given) return [];
  const end = Math.min(left.given.length, right.given.length);
  const theirs = right.given.slice(-end);
  const worst = ORDER[Math.max(...[...left.given.slice(-end)].map((one, at) => ORDER.indexOf(alike(one, theirs[at]!))))];
  const level = worst === 'same' ? 'nickname' : worst === 'sound' ? 'nickname_sound' : 'nickname_other';
  return [{ key: level === 'nickname_other' ? level : 'nickname', bits: bitsOf('piece', level) }];
}

/** Names that are not Chinese: the same parts in any order; each part at most a slip apart; one part in common. Pinyin is how a Chinese name sounds. */
function partsAlike(left: Name, right: Name): Evidence {
  const ours = partsOf(left);
  const theirs = partsOf(right);
  const one = (level: string, key: string): Evidence => ({ key, bits: bitsOf('parts', level) });
  if (ours.join(' ') === theirs.join(' ')) return left.text === right.text ? one('same', 'name_same') : one('order', 'name_order');
  if (left.shape === right.shape && lettersOf(left.text) !== '' && lettersOf(left.text) === lettersOf(right.text)) return one('order', 'name_order'); // helingli and He Ling Li
  if (ours.length === theirs.length && ours.every((part, at) => isNear(part, theirs[at]!))) return one('near', 'name_near');
  const [full, other] = left.shape === 'full' ? [left, right] : [right, left];
  if (full.shape === 'full' && isSpelling(other.text, full)) return one([...full.given].length === 1 ? 'spelled_of_one' : 'spelled', 'name_near');
  return ours.some((part) => theirs.includes(part)) ? one('one', 'name_one_part') : one('other', 'name_other');
}

const partsOf = (name: Name): readonly string[] => (name.parts.length > 0 ? name.parts : [name.text.toLowerCase()]);

function isNear(left: string, right: string): boolean {
  if (left === right || (left.length === right.length && [...left].every((one, at) => one === right[at] || soundAlike(one, right[at]!) !== ''))) return true;
  return Math.min(left.length, right.length) >= NEAR_LETTERS_MIN && oneSlip(left, right);
}

/** Small letters a to z, without the marks of tones; ü is v, as on a keyboard. */
const plainLetters = (text: string) => text.toLowerCase().normalize('NFD').replace(/u\u0308/g, 'v').replace(/[^a-z]/g, '');
/** Of a name in letters alone. */
const lettersOf = (text: string) => ([...text].some(isChinese) ? '' : plainLetters(text));

/** He Lingli and Lingli He are how 何伶俐 sounds. */
function isSpelling(letters: string, { surname, given }: Name): boolean {
  const plain = plainLetters(letters);
  const first = [...surname].map((each) => [...new Set([...readings(each, true), ...readings(each)])]);
  const second = [...given].map((each) => readings(each));
  return plain !== '' && [[...first, ...second], [...second, ...first]].some((order) => spellings(order).includes(plain));
}

function spellings(order: readonly (readonly string[])[]): string[] {
  return order.reduce<string[]>((so, sounds) => so.flatMap((before) => sounds.map((sound) => before + sound)).slice(0, SPELLINGS_MAX), ['']);
}

export const surnameLevel = (left: string, right: string): Level => alike(left, right, true);

/** Of two characters (or two surnames of two). */
function alike(left: string, right: string, surname = false): Level {
  if (left === right) return 'same';
  if (left.length !== 1 || right.length !== 1) return heardTheSame(left, right) ? 'sound' : 'other';
  return soundAlike(left, right, surname) || (lookAlike(left, right) ? 'look' : 'other');
}

function heardTheSame(left: string, right: string): boolean {
  return left.length === right.length && [...left].every((one, at) => one === right[at] || soundAlike(one, right[at]!) === 'sound');
}

/** How much it says that both are called that: 3.8 bits of 王, 12 of a surname that is not in the table. */
function rarityOf(surname: string, onePlace: boolean): number {
  const most = onePlace ? weights.surname_bits_max_in_one_place : weights.surname_bits_max;
  return Math.round(Math.min(most, Math.log2(10_000 / (SURNAMES.get(surname) ?? 1))) * 10) / 10;
}

function sum(one: Bits, other: Bits): Bits {
  return [one[0] + other[0], one[1] + other[1]];
}
