// How Chinese characters sound, without tones, and what dialects make of it. Pure; the twin of sync/linkage/sounds.py.
//
// Readings come from build/syllables.ts. The centre takes one reading, the usual one, of a character that the tables do not name; the phone takes each that
// is in use, so it hears a little more alike (10 of 20,000 pairs of names), and shows it to somebody who knows.
import { dict } from 'virtual:syllables';
import { READINGS, SURNAME_READINGS } from './tables.ts';

const F_AS_H: Readonly<Record<string, string>> = { fa: 'hua', fo: 'huo', fei: 'hui', fan: 'huan', fen: 'hun', fang: 'huang', feng: 'hong', fu: 'hu' };
const BEGINNINGS = [['zh', 'z'], ['ch', 'c'], ['sh', 's'], ['n', 'l']] as const;

const dictionary = new Map<string, string[]>();
for (const [syllable, characters] of Object.entries(dict))
  for (const character of characters) {
    const known = dictionary.get(character);
    if (known) known.push(syllable);
    else dictionary.set(character, [syllable]);
  }

/** Syllables without tones; what was said of it as a surname where it is one. A character that is not Chinese stands for itself. */
export function readings(character: string, surname = false): readonly string[] {
  return (surname && SURNAME_READINGS.get(character)) || READINGS.get(character) || dictionary.get(character) || [character.toLowerCase()];
}

const foldedSyllables = new Map<string, string>();
/** `zhong` → `zong`, `niang` → `lian`, `feng` → `hong`: one name for all that sounds alike in some dialect. */
export function folded(syllable: string): string {
  let found = foldedSyllables.get(syllable);
  if (found === undefined) {
    found = F_AS_H[syllable] ?? syllable;
    const beginning = BEGINNINGS.find(([before]) => found!.startsWith(before));
    if (beginning) found = beginning[1] + found.slice(beginning[0].length);
    if (/[aei]ng$/.test(found)) found = found.slice(0, -1);
    foldedSyllables.set(syllable, found);
  }
  return found;
}

export function isChinese(character: string): boolean {
  const code = character.codePointAt(0)!;
  return (code >= 0x3400 && code <= 0x9fff) || (code >= 0xf900 && code <= 0xfaff) || (code >= 0x20000 && code <= 0x3ffff);
}

export type Sound = 'sound' | 'dialect' | '';
const compared = new Map<string, Sound>();
const COMPARED_MAX = 40_000; // characters of one name against those of every other, and some names more

/** "sound": some reading is the same; "dialect": the same in some dialect. Each pair is compared once. */
export function soundAlike(left: string, right: string, surname = false): Sound {
  const pair = surname ? `${left}${right}^` : left + right;
  let found = compared.get(pair);
  if (found === undefined) {
    if (compared.size >= COMPARED_MAX) compared.clear();
    compared.set(pair, (found = howAlike(readings(left, surname), readings(right, surname))));
  }
  return found;
}

function howAlike(ours: readonly string[], theirs: readonly string[]): Sound {
  if (ours.some((each) => theirs.includes(each))) return 'sound';
  const dialect = theirs.map(folded);
  return ours.some((each) => dialect.includes(folded(each))) ? 'dialect' : '';
}
