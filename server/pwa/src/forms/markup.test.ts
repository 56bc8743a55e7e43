import { describe, expect, test } from 'vitest';
import { isPlain, markupOf, plain, type EngineMarkup } from './markup.ts';

const child = (value: string): EngineMarkup => ({ role: 'child', value });
const parent = (elementName: string, ...children: EngineMarkup[]): EngineMarkup => ({ role: 'parent', elementName, children });

test.each([
  ['**请**签名', '请签名'],
  ['# 标题', '标题'],
  ['<span style="color:red">红</span>色', '红色'],
  ['见 [网站](https://example.org)', '见 网站'],
  ['*斜* 2 * 3', '斜 2 * 3'],
  ['第一行\n第二行', '第一行 第二行'],
])('a label on one line: %s', (label, words) => {
  expect(plain(label)).toBe(words);
});

test('words without Markdown are known at a glance', () => {
  expect(isPlain('您的姓名？')).toBe(true);
  expect(isPlain('年龄 2 - 3')).toBe(true);
  expect(['**a**', '1. x', '- x', 'a\nb', '<b>', '[a](b)'].filter(isPlain)).toEqual([]);
});

describe('what of a form may reach the page', () => {
  test('an address that runs something is no link', () => {
    expect(markupOf([{ role: 'parent', elementName: 'a', url: 'javascript:alert(1)', children: [child('x')] }])).toEqual(['x']);
    expect(markupOf([{ role: 'parent', elementName: 'a', url: 'tel:120', children: [child('120')] }])).toEqual([{ tag: 'a', href: 'tel:120', inside: ['120'] }]);
  });

  test('HTML is text, and a line break is one', () => {
    expect(markupOf([{ role: 'html', unsafeHtml: '<img src=x onerror=alert(1)>' }, { role: 'html', unsafeHtml: '<br/>' }])).toEqual(['<img src=x onerror=alert(1)>', { tag: 'br', inside: [] }]);
  });

  test('a colour is a name or a number, nothing else', () => {
    const red = { ...parent('span', child('红')), properties: { style: { color: 'red' } } };
    const odd = { ...parent('span', child('红')), properties: { style: { color: 'url(https://x)' } } };
    expect(markupOf([red, odd])).toEqual([
      { tag: 'span', inside: ['红'], style: { color: 'red' } },
      { tag: 'span', inside: ['红'] },
    ]);
  });

  test('an element that is not known is a piece of text', () => {
    expect(markupOf([parent('script', child('x'))])).toEqual([{ tag: 'span', inside: ['x'] }]);
  });
});
