import { flatten } from '@solid-primitives/i18n';
import { expect, test } from 'vitest';
import en from './en.json';
import zh from './zh.json';

const words = (dictionary: object) => Object.entries(flatten(dictionary as never)).filter(([, text]) => typeof text === 'string') as [string, string][];
const slots = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

test('both languages have the same keys', () => {
  expect(words(en).map(([key]) => key).sort()).toEqual(words(zh).map(([key]) => key).sort());
});

test('no text is empty, and both languages fill in the same values', () => {
  const english = new Map(words(en));
  for (const [key, text] of words(zh)) {
    expect(text, key).not.toBe('');
    expect(english.get(key), key).not.toBe('');
    expect(slots(english.get(key)!), key).toEqual(slots(text));
  }
});
