// Weighs what a phone downloads before the list of doors is usable, prints it, and fails the build above the budget.
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

const FIRST_LOAD_GZIP_BYTES_MAX = 120_000;

export function budget(): Plugin {
  return {
    name: 'budget',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const wanted = new Set<string>();
      const want = (name: string) => {
        const item = bundle[name];
        if (!item || wanted.has(name)) return;
        wanted.add(name);
        if (item.type !== 'chunk') return;
        item.imports.forEach(want);
        item.viteMetadata?.importedCss.forEach(want);
      };
      for (const item of Object.values(bundle)) if (item.type === 'chunk' && item.isEntry) want(item.fileName);

      const weigh = (name: string) => {
        const item = bundle[name]!;
        return gzipSync(item.type === 'chunk' ? item.code : item.source).length;
      };
      const total = [...wanted].reduce((sum, name) => sum + weigh(name), 0);
      const kilo = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
      console.log(`\nBefore the doors are usable: ${kilo(total)} gzipped of ${kilo(FIRST_LOAD_GZIP_BYTES_MAX)}`);
      for (const name of wanted) console.log(`  ${kilo(weigh(name)).padStart(9)}  ${name}`);
      if (total > FIRST_LOAD_GZIP_BYTES_MAX) this.error(`The first load is ${kilo(total)} gzipped, above the budget of ${kilo(FIRST_LOAD_GZIP_BYTES_MAX)}`);
    },
  };
}
