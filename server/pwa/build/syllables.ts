// `virtual:syllables` is what Chinese characters sound like: syllable without tone → characters, from the two dictionaries of pinyin-match (the same ones
// that search choices). Of a usual character the readings of the simplified dictionary, which has no rare ones; of any other those of the one with 21,000.
// In the order of their code points they take a fifth less gzipped than as they stand, and the phone has nothing to put together.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Plugin } from 'vite';

const CHARACTERS_MIN = 20_000; // fewer: the package is not what it was
type Dictionary = [syllable: string, characters: string][];

export function syllables(): Plugin {
  return {
    name: 'syllables',
    resolveId: (id) => (id === 'virtual:syllables' ? '\0virtual:syllables' : null),
    load(id) {
      if (id !== '\0virtual:syllables') return null;
      const usual = read('simplified');
      const known = new Set(usual.flatMap(([, characters]) => [...characters]));
      const others = read('traditional').map(([syllable, characters]): Dictionary[number] => [syllable, [...characters].filter((character) => !known.has(character)).join('')]);
      const found: Record<string, string> = {};
      for (const [syllable, characters] of [...usual, ...others]) found[syllable] = (found[syllable] ?? '') + characters;
      for (const [syllable, characters] of Object.entries(found)) found[syllable] = [...new Set(characters)].sort().join('');
      if (new Set(Object.values(found).join('')).size < CHARACTERS_MIN) this.error('pinyin-match has other dictionaries than it had: see build/syllables.ts');
      return `export const dict = ${JSON.stringify(found)}`;
    },
  };
}

function read(name: string): Dictionary {
  const source = readFileSync(createRequire(import.meta.url).resolve(`pinyin-match/src/${name}_dict.js`), 'utf8');
  return [...source.matchAll(/"([a-z]+)":\s*"([^"]+)"/g)].map(([, syllable, characters]) => [syllable!, characters!]);
}
