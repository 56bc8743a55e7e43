// The two languages: one JSON file each, Chinese first. Both are in the first download, so that the switch works in a cellar;
// the words of forms come with the form runner (form_words.ts).
import { flatten, resolveTemplate, translator } from '@solid-primitives/i18n';
import { createEffect, createRoot, createSignal } from 'solid-js';
import type { Text } from '../data/documents.ts';
import en from './en.json?without=form';
import type words from './zh.json';
import zh from './zh.json?without=form';

export type Locale = 'zh' | 'en';
type Paths<T, P extends string = ''> = { [K in keyof T & string]: T[K] extends string ? `${P}${K}` : Paths<T[K], `${P}${K}.`> }[keyof T & string];
/** Every key of zh.json; en.json has the same (i18n.test.ts). */
export type Key = Paths<typeof words>;

const LOCALE_KEY = 'doorstep.locale';
const dictionaries = { zh: flatten(zh as never), en: flatten(en as never) } as unknown as Record<Locale, Record<string, string>>;

export function addWords(words: Record<Locale, object>): void {
  for (const language of ['zh', 'en'] as const) Object.assign(dictionaries[language], flatten(words[language] as never));
}

function storedLocale(): Locale {
  const stored = globalThis.localStorage?.getItem(LOCALE_KEY);
  return stored === 'en' || stored === 'zh' ? stored : 'zh';
}

const [locale, setLocaleSignal] = createSignal<Locale>(storedLocale());
export { locale };

export function setLocale(next: Locale): void {
  globalThis.localStorage?.setItem(LOCALE_KEY, next);
  setLocaleSignal(next);
}

const translate = translator(() => dictionaries[locale()], resolveTemplate) as (key: string, values: Record<string, string | number>) => string | undefined;

/** Whether there is such a word, for keys that come from records. */
export function isWord(key: string): key is Key {
  return typeof dictionaries.zh[key] === 'string';
}

export function t(key: Key, values: Record<string, string | number> = {}): string {
  return translate(key, values) ?? key;
}

/** The words of a document ({zh, en}) in the language of the screen, the other one when a translation is missing. */
export function textOf(text: Text | null | undefined): string {
  if (!text) return '';
  return text[locale()] || text.zh || text.en || '';
}

if (typeof document !== 'undefined')
  createRoot(() => createEffect(() => (document.documentElement.lang = locale() === 'zh' ? 'zh-CN' : 'en')));
