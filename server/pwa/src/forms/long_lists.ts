// Choices of long lists that are offered whole. For each of them the engine makes five computations or more, for every form that is begun and every row of a repeat:
// 5,000 villages are 0.7 s of a fast processor each time. So it is told that such a question is text, and the choices are read here, once, from the list that it holds anyway.
//
// A list that is filtered or shuffled stays with the engine, and so does a question that `jr:choice-name` asks about.
import { fileName, MARK } from './for_engine.ts';
import type { Choice } from './items.ts';

/** Which list a question offers, and which children of an item are its code and its words. */
export interface LongList {
  instance: string;
  value: string;
  label: { child: string } | { itext: string };
}

/** What is used of a list as the engine holds it. */
export interface ListElement {
  qualifiedName: { localName: string };
  childElements: readonly ListElement[];
  value: string | null;
}
export type Translated = (id: string) => Element | undefined;

const SHORT_LIST_MAX = 200;
const QUESTION = /<(select1?)\b([^>]*)>((?:(?!<\/select1?>)[\s\S])*?)<itemset nodeset="instance\('([^']+)'\)\/root\/item">\s*<value ref="([\w.-]+)"\s*\/>\s*<label ref="(?:jr:itext\(([\w.-]+)\)|([\w.-]+))"\s*\/>\s*<\/itemset>\s*<\/\1>/g;

/** The form without them, and each by the path of its question (/data/members/village). */
export function withoutLongLists(xform: string): { xform: string; lists: Map<string, LongList> } {
  const lists = new Map<string, LongList>();
  const named = [...xform.matchAll(/jr:choice-name\(([^"]*)/g)].map((match) => match[1]!).join(' ');
  const long = new Map([...xform.matchAll(/<instance id="([^"]+)"(?:\s+src="[^"]*"\s*\/>|>([\s\S]*?)<\/instance>)/g)].map(([, id, items]) => [id!, items === undefined || items.split('<item>').length > SHORT_LIST_MAX]));
  const changed = xform.replace(QUESTION, (whole, _, attributes: string, words: string, instance: string, value: string, itext: string | undefined, child: string | undefined) => {
    const path = /\bref="([^"]+)"/.exec(attributes)?.[1];
    if (!path || !long.get(instance) || new RegExp(`/${path.split('/').at(-1)!}\\b`).test(named)) return whole;
    lists.set(path, { instance, value, label: itext !== undefined ? { itext } : { child: child! } });
    return `<input${attributes}>${words}</input>`;
  });
  return { xform: changed, lists };
}

/** The choices of a list in one language. */
export function choicesIn(list: LongList, instance: ListElement | undefined, translated: Translated): Choice[] {
  const items = instance?.childElements.flatMap((root) => root.childElements) ?? [];
  return items.flatMap((item) => {
    const text = (child: string) => item.childElements.find((element) => element.qualifiedName.localName === child)?.value ?? '';
    const value = text(list.value);
    if (value === '') return [];
    if ('child' in list.label) return [{ value, label: text(list.label.child), media: () => '' }];
    return [wordsOf(value, translated(text(list.label.itext)))];
  });
}

function wordsOf(value: string, text: Element | undefined): Choice {
  const values = [...(text?.children ?? [])];
  const plain = values.find((element) => !element.hasAttribute('form') && !element.textContent?.startsWith(MARK));
  return {
    value,
    label: plain?.textContent?.trim() ?? value,
    media: (kind) => {
      const found = values.find((element) => element.getAttribute('form') === kind)?.textContent ?? (kind === 'big-image' ? values.find((element) => element.textContent?.startsWith(MARK))?.textContent?.slice(2) : '');
      return fileName(found ?? '');
    },
  };
}
