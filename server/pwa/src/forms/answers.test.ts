// @vitest-environment jsdom
// Answers as JSON and as an instance are the same answers, by the cases that Python runs too.
import { describe, expect, test } from 'vitest';
import allTypes from '../../../../tests/data/answers/all_types.json';
import survey from '../../../../tests/data/answers/household_survey.json';
import check from '../../../../tests/data/answers/quarantine_check.json';
import type { Answers, FormField } from '../data/documents.ts';
import { answersOf, instanceOf, lexical, valueOf } from './answers.ts';

interface Shared {
  form: string;
  version: string;
  fields: FormField[];
  cases: { name: string; answers: Answers; xml: string }[];
  read?: { name: string; answers: Answers; xml: string }[]; // written by others
}

describe.each([survey, check, allTypes] as unknown as Shared[])('$form', ({ fields, cases, read = [], ...form }) => {
  if (read.length > 0) test.each(read)('reads $name', ({ answers, xml }) => expect(answersOf(xml, fields)).toEqual(answers));
  test.each(cases)('$name', ({ answers, xml }) => {
    expect(answersOf(xml, fields)).toEqual(answers);
    const parse = (text: string) => new DOMParser().parseFromString(text, 'text/xml').documentElement;
    expect(parse(instanceOf(answers, fields, form)).isEqualNode(parse(xml))).toBe(true);
  });
});

test.each([
  ['decimal', '1200.50', 1200.5],
  ['integer', '007', 7],
  ['integer', 'abc', 'abc'],
  ['decimal', '1e5', '1e5'],
  ['select_multiple', ' none  cough ', ['none', 'cough']],
  ['geopoint', '29.84 114.32', { latitude: 29.84, longitude: 114.32 }],
  ['geopoint', 'somewhere', 'somewhere'],
  ['text', '', null],
] as const)('%s %j is %j', (type, text, value) => expect(valueOf(type, text)).toEqual(value));

test.each([5e-324, 1.7976931348623157e308, -1.5e-9, 123456789012345680000, 0.1 + 0.2, 1e21, 1.234e25])('%d comes back as it went', (number) => {
  expect(lexical('decimal', number)).not.toContain('e');
  expect(valueOf('decimal', lexical('decimal', number))).toBe(number);
});

test('a number is written without an exponent', () => {
  expect(lexical('decimal', 1e21)).toBe('1000000000000000000000');
  expect(lexical('decimal', 1e-7)).toBe('0.0000001');
});
