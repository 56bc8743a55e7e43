// The words of forms are two fifths of all words, and nobody reads them before a form is open: they come with the form runner.
// `./zh.json?without=form` is the file without that part, `./zh.json?only=form` that part alone. Outside of a build both are the whole file.
import { readFileSync } from 'node:fs';
import type { Plugin } from 'vite';

export function wordsApart(): Plugin {
  let isBuild = false;
  return {
    name: 'words-apart',
    enforce: 'pre',
    configResolved({ command }) {
      isBuild = command === 'build';
    },
    load(id) {
      const found = /^(.*\/i18n\/\w+\.json)\?(?:import&)?(without|only)=(\w+)$/.exec(id);
      if (!found) return null;
      const [, file, which, part] = found as unknown as [string, string, string, string];
      const words = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
      if (!(part in words)) this.error(`${file} has no words for ${part}: see build/words.ts`);
      const wanted = isBuild ? Object.fromEntries(Object.entries(words).filter(([name]) => (name === part) === (which === 'only'))) : words;
      return `export default ${JSON.stringify(wanted)}`;
    },
  };
}
