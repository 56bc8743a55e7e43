import { expect, test } from 'vitest';
import { grouped, openable, ungrouped } from './typed_words.ts';

test.each([
  ['1234567', '1,234,567'],
  ['-1234.5678', '-1,234.5678'],
  ['999', '999'],
  ['12a', '12a'],
])('%s is shown as %s', (text, shown) => {
  expect(grouped(text)).toBe(shown);
  expect(ungrouped(shown)).toBe(text);
});

test('separators of a Chinese keyboard are separators', () => {
  expect(ungrouped('1，234 567')).toBe('1234567');
});

test('only web addresses can be opened', () => {
  expect(['https://a.cn/x', 'www.a.cn', 'javascript:alert(1)', 'no address', ''].map(openable)).toEqual(['https://a.cn/x', 'https://www.a.cn', '', '', '']);
});
