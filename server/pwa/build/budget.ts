// Weighs what a phone downloads before the list of doors is usable, and until the first form is open; prints both, and fails the build above a budget.
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

const FIRST_LOAD_GZIP_BYTES_MAX = 120_000;
const FORM_OPEN_GZIP_BYTES_MAX = 400_000;

// What a form that asks for neither maps nor codes nor sound needs beyond the first load: asked for when it is opened, or in an idle moment before.
const FORM_MODULES = ['src/screens/FormPage.tsx', 'src/forms/index.ts', 'src/forms/engine.ts'];
const FORM_FILES = /(tree-sitter|xpath-language)[^/]*\.wasm$/;

export function budget(): Plugin {
  return {
    name: 'budget',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const items = Object.values(bundle);
      const withImports = (names: string[]): Set<string> => {
        const wanted = new Set<string>();
        const want = (name: string) => {
          const item = bundle[name];
          if (!item || wanted.has(name)) return;
          wanted.add(name);
          if (item.type !== 'chunk') return;
          item.imports.forEach(want);
          item.viteMetadata?.importedCss.forEach(want);
        };
        names.forEach(want);
        return wanted;
      };
      const weigh = (name: string) => {
        const item = bundle[name]!;
        return gzipSync(item.type === 'chunk' ? item.code : item.source).length;
      };
      const kilo = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
      const check = (when: string, names: Set<string>, most: number, listed: (name: string) => boolean) => {
        const total = [...names].reduce((sum, name) => sum + weigh(name), 0);
        console.log(`\n${when}: ${kilo(total)} gzipped of ${kilo(most)}`);
        for (const name of names) if (listed(name)) console.log(`  ${kilo(weigh(name)).padStart(9)}  ${name}`);
        if (total > most) this.error(`${when}: ${kilo(total)} gzipped, above the budget of ${kilo(most)}`);
      };

      const first = withImports(items.flatMap((item) => (item.type === 'chunk' && item.isEntry ? [item.fileName] : [])));
      check('Before the doors are usable', first, FIRST_LOAD_GZIP_BYTES_MAX, () => true);

      const chunks = FORM_MODULES.map((module) => items.find((item) => item.type === 'chunk' && item.moduleIds.some((id) => id.endsWith(module)))?.fileName);
      const files = items.flatMap((item) => (item.type === 'asset' && FORM_FILES.test(item.fileName) ? [item.fileName] : []));
      if (chunks.includes(undefined) || files.length !== 2) this.error(`The form engine is not where it was: ${FORM_MODULES.join(', ')} or its WebAssembly. See build/budget.ts`);
      const open = new Set([...first, ...withImports([...(chunks as string[]), ...files])]);
      check('Until a form is open', open, FORM_OPEN_GZIP_BYTES_MAX, (name) => !first.has(name));
    },
  };
}
