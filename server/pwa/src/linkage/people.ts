// Who among the people on a phone may be the one whose name is being typed: the likely ones, best first, each with the reasons. Pure; the twin of
// sync/linkage/compare.py as far as a phone needs it.
//
// It weighs the same evidence with the same weights (sync/linkage/tables/weights.json) as the centre: names, sex, year of birth, telephones, doors. Not on
// the phone: identity numbers, days of birth, and who stands on one form together. What differs is when somebody is shown. The centre has two whole records
// and suggests at 0 bits; here a name is half typed, and somebody who knows looks at once. So whoever would be suggested if what was not said yet (sex, year
// of birth) turned out the same is offered, and a little below that, for one right in eight is worth a glance. Both run tests/data/linkage.json.
import { bitsOf, namesAlike, surnameLevel, type Evidence } from './names_alike.ts';
import { nameOf, type Name } from './names.ts';
import { weights } from './tables.ts';
import { oneSlip, writtenDoor, writtenName, writtenPhone, type Door } from './written.ts';

export const MATCHES_MAX = 3;
const SUGGESTED_BITS_MIN = 0;
const GLANCE_BITS = 3; // one in eight
const REASONS_BITS_MIN = 1.5; // what weighs less, either way, is no reason that a person needs to read
const OLD_BORN_UNTIL = 1971;
const YEAR_MIN = 1880;
const YEAR_MAX = 2100;

export interface Person {
  id: string;
  name: string;
  sex?: string;
  birth_year?: number | string;
  phones?: readonly string[];
  building?: string;
  unit?: string;
  room?: string;
  /** the area that doors are told apart in */
  place?: string;
}

export interface Profile {
  id: string;
  name: Name;
  sex: string;
  year: number;
  phones: readonly string[];
  door: Door;
  place: string;
}

export interface Match {
  id: string;
  /** bits, as at the centre */
  score: number;
  /** what speaks for it: keys of the evidence */
  reasons: string[];
}

/** What linkage compares of a record, worked out once for each record. */
export function profileOf(person: Person): Profile {
  const name = nameOf(writtenName(person.name));
  const year = Number(/^\d{4}/.exec(String(person.birth_year ?? ''))?.[0] ?? 0);
  return {
    id: person.id,
    name,
    sex: person.sex === '1' || person.sex === '2' ? person.sex : name.sex,
    year: year >= YEAR_MIN && year <= YEAR_MAX ? year : 0,
    phones: (person.phones ?? []).map(writtenPhone).filter(Boolean),
    door: writtenDoor(person.building ?? '', person.unit ?? '', person.room ?? ''),
    place: person.place ?? '',
  };
}

/** All that speaks for and against two people being one. */
function evidence(left: Profile, right: Profile): Evidence[] {
  const found = namesAlike(left.name, right.name, left.place !== '' && left.place === right.place);
  const say = (of: string, level: string) => level && found.push({ key: `${of}_${level}`, bits: bitsOf(of, level) });
  if (left.sex && right.sex) say('sex', left.sex === right.sex ? 'same' : 'other');
  for (const [{ name }, { year }] of [[left, right], [right, left]] as const) if (name.old && year) say('piece', year <= OLD_BORN_UNTIL ? 'old' : 'young');
  say('born', yearsAlike(left.year, right.year));
  say('phone', phonesAlike(left.phones, right.phones));
  if (left.place && right.place) say('door', doorsAlike(left, right));
  return found;
}

/** As the centre says it: the score in bits, and what speaks for and against, the weightiest first. */
export function compare(left: Profile, right: Profile): { score: number; reasons: [key: string, bits: number][] } {
  const found = evidence(left, right);
  const [stranger, relative] = sumsOf(found);
  const column = stranger <= relative ? 0 : 1;
  const said = found.filter(({ bits }) => Math.max(...bits.map(Math.abs)) >= REASONS_BITS_MIN);
  const reasons = said.map(({ key, bits }): [string, number] => [key, Math.round(bits[column] * 10) / 10]);
  return { score: scoreOf(found), reasons: reasons.sort(([, a], [, b]) => Math.abs(b) - Math.abs(a)) };
}

/** The lesser of the two sums: neither "two strangers" nor "two of one family" explains it. */
function scoreOf(found: readonly Evidence[]): number {
  return Math.round(Math.min(...sumsOf(found)) * 100) / 100;
}

function sumsOf(found: readonly Evidence[]): [stranger: number, relative: number] {
  let [stranger, relative] = weights.before.person as [number, number];
  for (const { bits } of found) {
    stranger += bits[0];
    relative += bits[1];
  }
  return [stranger, relative];
}

/** Without one of these a piece of a name (老李, 小芳) says nothing. */
const TELLING: ReadonlySet<string> = new Set(['door_same', 'door_part', 'phone_same', 'phone_slip']);

/** null: not likely enough to be shown. */
export function match(typed: Profile, known: Profile): Match | null {
  if (typed.name.text === '' || known.name.text === '' || isHopeless(typed, known)) return null;
  const found = evidence(typed, known);
  const isPiece = [typed, known].some(({ name: { shape } }) => shape === 'surname' || shape === 'given');
  if (isPiece && !found.some(({ key }) => TELLING.has(key))) return null;
  const open: Evidence[] = [];
  if (!typed.sex || !known.sex) open.push({ key: '', bits: bitsOf('sex', 'same') });
  if (!typed.year || !known.year) open.push({ key: '', bits: bitsOf('born', 'year') });
  if (scoreOf([...found, ...open]) < SUGGESTED_BITS_MIN - GLANCE_BITS) return null;
  return { id: known.id, score: scoreOf(found), reasons: found.filter(({ bits }) => Math.max(...bits) > 0).map(({ key }) => key) };
}

const BEST_OF_OTHER_SURNAME = Math.max(...['same', 'sound', 'look', 'swapped'].map((level) => bitsOf('given_of_two', level)[0])) + bitsOf('surname', 'other')[0];
const BEST_OF_THE_REST = bitsOf('sex', 'same')[0] + bitsOf('born', 'year')[0] + bitsOf('door', 'place')[0];

/** Nine in ten have another surname, another telephone and another door, and then the rest cannot make it up: they are passed over before anything is weighed. */
function isHopeless(typed: Profile, known: Profile): boolean {
  if (typed.name.shape !== 'full' || known.name.shape !== 'full' || typed.name.text.length !== known.name.text.length) return false;
  if (weights.before.person[0]! + BEST_OF_OTHER_SURNAME + BEST_OF_THE_REST >= SUGGESTED_BITS_MIN - GLANCE_BITS) return false;
  if (surnameLevel(typed.name.surname, known.name.surname) !== 'other') return false;
  return !['same', 'part', 'building'].includes(doorsAlike(typed, known)) && !['same', 'slip'].includes(phonesAlike(typed.phones, known.phones));
}

/** The likeliest first; those of the same score in the order of the records. */
export function matches(typed: Profile, known: Iterable<Profile>, leftOut: ReadonlySet<string> = new Set()): Match[] {
  const found: Match[] = [];
  for (const each of known) {
    const likely = leftOut.has(each.id) ? null : match(typed, each);
    if (likely) found.push(likely);
  }
  return found.sort((a, b) => b.score - a.score).slice(0, MATCHES_MAX);
}

/** 1957 and 1975, one of the last two digits another, or ten years apart: a slip of the digits. */
function yearsAlike(left: number, right: number): string {
  if (!left || !right) return '';
  if (left === right) return 'year';
  if (Math.abs(left - right) === 1) return 'year_slip';
  const [one, other] = [String(left), String(right)] as [string, string];
  const isSlip = Math.abs(left - right) === 10 || one.slice(0, 2) === other.slice(0, 2) && (one.slice(2) === other[3]! + other[2]! || (one[2] === other[2]) !== (one[3] === other[3]));
  return isSlip ? 'digits' : 'other';
}

/** The best of all pairs: a slip is one digit, or two neighbours swapped. */
function phonesAlike(left: readonly string[], right: readonly string[]): string {
  let best = left.length > 0 && right.length > 0 ? 'other' : '';
  for (const one of left)
    for (const other of right) {
      if (one === other) return 'same';
      if (oneSlip(one, other)) best = 'slip';
    }
  return best;
}

function doorsAlike(left: Profile, right: Profile): string {
  if (left.place !== right.place) return 'elsewhere';
  const [building, , room] = left.door.map((part, at) => (part === right.door[at] ? part : '')) as unknown as Door;
  if (room !== '' && left.door.every((part, at) => part === right.door[at])) return 'same';
  if (left.door.some((part, at) => part !== '' && right.door[at] !== '' && part !== right.door[at])) return 'place';
  return building === '' ? 'community' : room === '' ? 'building' : 'part';
}
