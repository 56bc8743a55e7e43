// The tables of linkage, the very ones that the centre reads (sync/linkage/tables/).
import looks from '../../../../sync/linkage/tables/looks.json';
import names from '../../../../sync/linkage/tables/names.json';
import weights from '../../../../sync/linkage/tables/weights.json';

export { weights };
/** Of 10,000 people so many are called that. */
export const SURNAMES: ReadonlyMap<string, number> = new Map(Object.entries(names.surnames_per_10000));
export const SURNAMES_OF_TWO: ReadonlySet<string> = new Set(names.surnames_of_two.split(' '));
/** Titles that stand after a surname (王大爷), with the sex that they say. */
export const TITLES: ReadonlyMap<string, string> = new Map(Object.entries(names.titles));
/** Titles of the old: 王奶奶 is no child. */
export const TITLES_OF_THE_OLD: ReadonlySet<string> = new Set(names.titles_of_the_old.split(' '));
export const COMMON_GIVEN: ReadonlySet<string> = new Set(names.common_given.split(' '));
export const SURNAME_READINGS: ReadonlyMap<string, readonly string[]> = split(names.surname_readings);
export const READINGS: ReadonlyMap<string, readonly string[]> = split(names.readings);

/** Characters that look alike, each with the groups that it stands in. */
const groups = new Map<string, number[]>();
[...looks.share_a_part, ...looks.few_strokes_apart]
  .flatMap((line) => line.split(' '))
  .forEach((characters, group) => {
    for (const character of characters) groups.set(character, [...(groups.get(character) ?? []), group]);
  });

/** 伶 and 玲 share a part, 己 and 已 differ by a stroke: a hurried hand writes one for the other. */
export function lookAlike(one: string, other: string): boolean {
  const ours = groups.get(one);
  return ours !== undefined && groups.get(other)?.some((group) => ours.includes(group)) === true;
}

function split(readings: Record<string, string>): Map<string, string[]> {
  return new Map(Object.entries(readings).map(([character, text]) => [character, text.split(' ')]));
}
