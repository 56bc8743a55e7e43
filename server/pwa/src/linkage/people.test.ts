// Who a typed name may mean.
import { describe, expect, test } from 'vitest';
import cases from '../../../../tests/data/linkage.json';
import { compare, matches, profileOf, type Person } from './people.ts';
import { oneSlip, writtenDoor, writtenPhone } from './written.ts';

interface Body {
  kind: string;
  id: string;
  name?: string;
  sex?: string;
  born?: string;
  phones?: string[];
  door?: string[];
  place?: string;
}
const profile = ({ id, name = '', sex, born, phones, door = [], place }: Body) =>
  profileOf({ id, name, sex, birth_year: born, phones, building: door[0], unit: door[1], room: door[2], place });

/** Not on the phone: households, identity numbers, days of birth, and who stands on one form together. */
const isOnThePhone = (body: Body) => body.kind === 'person' && (body.born ?? '').length <= 'YYYY'.length && !('id_number' in body) && !('submissions' in body);
const ours = (cases as unknown as { case: string; left: Body; right: Body; score: number; reasons: [string, { bits: number }][] }[]).filter(({ left, right }) => isOnThePhone(left) && isOnThePhone(right));

test('the cases of the centre are nearly all the phone’s too', () => {
  expect(ours.length).toBeGreaterThan(0.8 * cases.length);
});

test.each(ours)('as at the centre: $case', ({ left, right, score, reasons }) => {
  const expected = reasons.map(([key, { bits }]) => [key, bits]);
  const found = compare(profile(left), profile(right));
  expect([found.score, found.reasons]).toEqual([score, expected]);
  const turned = compare(profile(right), profile(left));
  expect([turned.score, turned.reasons.sort()]).toEqual([score, expected.sort()]);
});

test('telephones, doors and slips are brought to one way of writing', () => {
  expect(writtenPhone('+86 139-7152 0648')).toBe('13971520648');
  expect(writtenPhone('000 0000')).toBe('');
  expect(oneSlip('13971520648', '13971520684')).toBe(true);
  expect(oneSlip('13971520648', '13971520')).toBe(false);
  expect(writtenDoor('', '', '1-2-311')).toEqual(['1', '2', '311']);
  expect(writtenDoor('一号楼', '2单元', '0311室')).toEqual(['1', '2', '311']);
});

describe('people who may be meant', () => {
  const known: Person[] = [
    { id: 'person:1', name: '何伶俐', sex: '2', birth_year: 1975, phones: ['13971520648'], building: '3', unit: '1', room: '502', place: 'c031' },
    { id: 'person:2', name: '何林', sex: '1', birth_year: 1980, building: '1', unit: '2', room: '311', place: 'c031' },
    { id: 'person:3', name: '王芳', sex: '2', birth_year: 1990, building: '1', unit: '2', room: '311', place: 'c031' },
    { id: 'person:4', name: '何玲丽', sex: '2', birth_year: 2012, building: '9', unit: '', room: '101', place: 'c031' },
  ];
  const everyone = known.map(profileOf);
  const found = (typed: Omit<Person, 'id'>, leftOut: string[] = []) =>
    matches(profileOf({ id: '', place: 'c031', building: '2', unit: '1', room: '101', ...typed }), everyone, new Set(leftOut)).map(({ id, reasons }) => [id, ...reasons].join(' ').replace(' door_elsewhere', ''));

  test('whoever sounds the same is offered, wherever they are listed, with the reason', () => {
    expect(found({ name: '何玲利' })).toEqual(['person:1 surname_same given_sound door_place', 'person:4 surname_same given_sound door_place']);
    expect(found({ name: '王芳' })).toEqual(['person:3 name_same door_place']);
  });

  test('what else is known moves one up and another out', () => {
    expect(found({ name: '何玲利', birth_year: 1975, sex: '2' })).toEqual(['person:1 surname_same given_sound sex_same born_year door_place']);
    expect(found({ name: '何玲利', phones: ['139 7152 0684'] })[0]).toBe('person:1 surname_same given_sound phone_slip door_place');
    expect(found({ name: '何玲利', birth_year: 1976, sex: '1' })).toEqual([]);
  });

  test('a piece of a name says nothing, but behind the same door', () => {
    expect(found({ name: '何' })).toEqual([]);
    expect(found({ name: '何先生' })).toEqual([]);
    expect(found({ name: '何先生', building: '1栋', unit: '二单元', room: '311室' })).toEqual(['person:2 surname_only sex_same door_same']);
    expect(found({ name: '小芳', building: '1', unit: '2', room: '311' })).toEqual(['person:3 nickname door_same']);
  });

  test('while it is typed, the beginning of a name is enough', () => {
    expect(found({ name: '何伶' })[0]).toBe('person:1 surname_same given_part door_place');
  });

  test('in another community a common name of two characters says nothing, a name of three does', () => {
    expect(found({ name: '王芳', place: 'c032' })).toEqual([]);
    expect(found({ name: '何伶俐', place: 'c032' })).toEqual(['person:1 name_same', 'person:4 surname_same given_sound']);
  });

  test('whoever was refused, or stands in the form already, is left out', () => {
    expect(found({ name: '何玲利' }, ['person:1', 'person:4'])).toEqual([]);
  });

  test('three at most', () => {
    const many = Array.from({ length: 9 }, (_, index) => profileOf({ id: `person:${index}`, name: '王芳', place: 'c031' }));
    expect(matches(profileOf({ id: '', name: '王芳', place: 'c031' }), many)).toHaveLength(3);
  });
});

test('two thousand records are looked through between two strokes', () => {
  const surnames = [...'王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗'];
  const given = [...'伶俐玲利芳华建国志强小红英明秀兰桂丽军敏静海波'];
  const everyone = Array.from({ length: 2_000 }, (_, index) => {
    const name = surnames[index % surnames.length]! + given[(index * 7) % given.length] + (index % 3 ? given[(index * 11 + 5) % given.length] : '');
    return profileOf({ id: `person:${index}`, name, sex: String(1 + (index % 2)), birth_year: 1930 + (index % 80), phones: [`139${String(index * 7919).padStart(8, '0')}`] });
  });
  const typed = profileOf({ id: '', name: '何玲利', phones: ['13900007919'] });
  const took = Array.from({ length: 21 }, () => {
    const from = performance.now();
    matches(typed, everyone);
    return performance.now() - from;
  });
  expect(Math.min(...took)).toBeLessThan(7); // about 1 ms, and 4 on a phone that is four times as slow; the least, because tests share the machine
});
