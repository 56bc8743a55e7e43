import pinyin from 'pinyin-match';
import { expect, test } from 'vitest';
import { ChoiceSearch } from './choice_search.ts';

const labels = ['温泉街道', '重庆市', '李家湾村', 'West Lake Village', 'Lakeside', '南湖 Lake', '长沙市'];
const search = new ChoiceSearch(labels.map((label, number) => ({ value: `v${number}`, label })));
const byWords = (typed: string) => search.byWords(typed).map((place) => labels[place]);
const bySound = (typed: string) => [...search.bySound(typed, (words, sound) => pinyin.match(words, sound) !== false)].flatMap((place) => (place === null ? [] : [labels[place]]));

test('words that begin so come first, then those with such a word, then those that have it anywhere', () => {
  expect(byWords('lake')).toEqual(['Lakeside', 'West Lake Village', '南湖 Lake']);
  expect(byWords('湾')).toEqual(['李家湾村']);
  expect(byWords('ＬＡＫＥ village')).toEqual(['West Lake Village']);
});

test('a code is found by its beginning', () => {
  expect(byWords('v4')).toEqual(['Lakeside']);
});

test('nothing typed is everything, in the order of the form', () => {
  expect(byWords(' ')).toEqual(labels);
});

test.each([
  ['ljw', ['李家湾村']],
  ['lijiaw', ['李家湾村']],
  ['cq', ['重庆市']],
  ['chongqing', ['重庆市']],
  ['cs', ['长沙市']],
  ['zzz', []],
])('by sound: %s', (typed, found) => {
  expect(bySound(typed)).toEqual(found);
});

test('what is typed in Chinese or digits needs no looking by sound', () => {
  expect(['湾', '12', 'l1'].some((typed) => search.mayBeSound(typed))).toBe(false);
  expect(search.mayBeSound('Li Jia')).toBe(true);
});
