// The form engine carries its WebAssembly as base64 in its JavaScript: a third more to download, and a text to be turned into bytes on the main thread at each start.
// The engine takes an address just as well. This puts the two modules into files of their own, which the service worker keeps with the rest.
//
// Its loader can also run JavaScript that a module brings along, by eval: these modules bring none, and the CSP would forbid it. But one eval keeps the
// minifier from renaming anything in the whole engine, so it is taken out: 20 kB less, gzipped.
//
// The build fails when the engine's text has changed, so that this is looked at again.
import { Buffer } from 'node:buffer';
import type { Plugin } from 'vite';

const EVAL = 'eval(func)';
const NO_EVAL = '(() => { throw new Error("WebAssembly that carries JavaScript is refused"); })()';
const MODULES = { xpathLanguage: 'xpath-language', webTreeSitter: 'tree-sitter' };

export function engineWasmAsFiles(): Plugin {
  let seen = false;
  return {
    name: 'engine-wasm-as-files',
    apply: 'build',
    enforce: 'pre',
    transform(code, id) {
      if (!/xforms-engine\/dist\/(solid|index)\.js/.test(id)) return null;
      let text = code;
      for (const [constant, name] of Object.entries(MODULES)) {
        const found = new RegExp(`const ${constant} = "data:application/wasm;base64,([A-Za-z0-9+/=]+)";`).exec(text);
        if (!found) this.error(`@getodk/xforms-engine has changed where it keeps ${constant}: see build/engine_wasm.ts`);
        const file = this.emitFile({ type: 'asset', name: `${name}.wasm`, source: Buffer.from(found[1]!, 'base64') });
        text = text.replace(found[0], `const ${constant} = import.meta.ROLLUP_FILE_URL_${file};`);
      }
      const parts = text.split(EVAL);
      if (parts.length !== 3) this.error('@getodk/xforms-engine has changed where it calls eval: see build/engine_wasm.ts');
      text = parts.join(NO_EVAL);
      if (text.includes('data:application/wasm;base64,AGFzb')) this.error('@getodk/xforms-engine carries more WebAssembly than is known: see build/engine_wasm.ts');
      seen = true;
      return { code: text, map: null };
    },
    buildEnd(error) {
      if (!error && !seen) this.error('@getodk/xforms-engine was not part of this build');
    },
  };
}
