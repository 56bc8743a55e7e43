// Who among the records of a phone may be the person whose name is being typed: the likely ones, best first, each with the reasons. Pure.
//
// The centre compares two whole records and suggests above a threshold in bits (sync/linkage/compare.py). Here one of the two is a name, half typed, at a
// known door; so the names must be alike in one of the ways of names.ts, what else is known moves a person up or down or out, and three at most are
// shown. Ways in which names, telephones, doors and years agree are the centre's, and have the same cases (tests/data/linkage.json); its weights are not:
// nothing is merged by this, somebody who knows looks at it.
import { likeness, nameOf, type Likeness, type Name } from './names.ts';
import { oneSlip, writtenDoor, writtenName, writtenPhone, type Door } from './written.ts';

export const MATCHES_MAX = 3;
const SCORE_MIN = 4;
const YEARS_APART_MAX = 2; // a year of birth by another reckoning (虚岁) or a slip; beyond it, two people

export interface Person {
  id: string;
  name: string;
  sex?: string;
  birth_year?: number | string;
  phones?: readonly string[];
  household?: string;
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
  household: string;
  door: Door;
  place: string;
}

/** Keys of words (form.likely.why). */
export type Reason = `name_${Likeness}` | 'household_same' | 'door_same' | 'phone_same' | 'phone_slip' | 'born_same_year' | 'born_near';

export interface Match {
  id: string;
  score: number;
  reasons: Reason[];
}

/** What linkage compares of a record, worked out once for each record. */
export function profileOf(person: Person): Profile {
  const name = nameOf(writtenName(person.name));
  const year = Number(String(person.birth_year ?? '').slice(0, 4));
  return {
    id: person.id,
    name,
    sex: person.sex === '1' || person.sex === '2' ? person.sex : name.sex,
    year: year > 1880 && year < 2100 ? year : 0,
    phones: (person.phones ?? []).map(writtenPhone).filter(Boolean),
    household: person.household ?? '',
    door: writtenDoor(person.building ?? '', person.unit ?? '', person.room ?? ''),
    place: person.place ?? '',
  };
}

const NAME_SCORES: Record<Likeness, number> = { same: 10, sound: 8, look: 7, dialect: 5, swapped: 6, given: 4, part: 3, nickname: 3, surname: 0 };

/** null: not likely. */
export function match(typed: Profile, known: Profile): Match | null {
  const alike = likeness(typed.name, known.name);
  if (alike === null) return null;
  const reasons: Reason[] = [`name_${alike}`];
  let score = NAME_SCORES[alike];
  const phone = phonesAgree(typed.phones, known.phones);
  if (phone === 'same') {
    score += 8;
    reasons.push('phone_same');
  } else if (phone === 'slip') {
    score += 4;
    reasons.push('phone_slip');
  } else if (phone === 'other') score -= 1;
  if (typed.household !== '' && typed.household === known.household) {
    score += 5;
    reasons.push('household_same');
  } else if (isSameDoor(typed, known)) {
    score += 4;
    reasons.push('door_same');
  }
  if (typed.year && known.year) {
    const apart = Math.abs(typed.year - known.year);
    if (apart > YEARS_APART_MAX && phone !== 'same') return null;
    score += apart === 0 ? 4 : apart <= YEARS_APART_MAX ? 1 : -6;
    if (apart === 0) reasons.push('born_same_year');
    else if (apart <= YEARS_APART_MAX) reasons.push('born_near');
  }
  if (typed.sex && known.sex) score += typed.sex === known.sex ? 1 : -5;
  return score >= SCORE_MIN ? { id: known.id, score, reasons } : null;
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

/** The best of all pairs: a slip is one digit, or two neighbours swapped. */
export function phonesAgree(left: readonly string[], right: readonly string[]): 'same' | 'slip' | 'other' | '' {
  let best: 'slip' | 'other' | '' = '';
  for (const one of left)
    for (const other of right) {
      if (one === other) return 'same';
      if (oneSlip(one, other)) best = 'slip';
      else best ||= 'other';
    }
  return best;
}

function isSameDoor(left: Profile, right: Profile): boolean {
  return left.place !== '' && left.place === right.place && left.door[2] !== '' && left.door.every((part, at) => part === right.door[at]);
}
