// ODK's engine, the one on the phone, kept running on XForms as the phone's adapter gives them to it: a line of JSON in, a line of JSON out.
//   {"xform", "files": {name: text}}  → {"loaded": true} or {"failed": sentence}
//   {"instance": xml}                 → {"violations": [[reference, condition]], "nodes": {reference: [relevant, text]}, "instance": xml} or {"failed": sentence}
// Usage: node phone_engine.mjs <folder with node_modules> <the moment that is now, as ISO text>
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const folder = process.argv[2];
const now = Date.parse(process.argv[3]);
// Before the engine is there, so that it never sees another clock.
globalThis.Date = class extends Date {
  constructor(...given) {
    super(...(given.length === 0 ? [now] : given));
  }
  static now() {
    return now;
  }
};
const require = createRequire(`${folder}/package.json`);
// The engine expects a browser's globals, and finds its WebAssembly by these two.
globalThis.require = require;
globalThis.__dirname = folder;
const { window } = new (require('jsdom').JSDOM)('<html/>');
for (const name of ['window', 'document', 'DOMParser', 'XMLSerializer', 'Node', 'Element', 'Document', 'XPathResult', 'Text', 'Attr', 'NodeFilter', 'Comment', 'CDATASection', 'ProcessingInstruction', 'XMLDocument'])
  globalThis[name] ??= window[name];
const { constants, loadForm } = await import(`${folder}/node_modules/@getodk/xforms-engine/dist/index.js`);
// The phone's own source; Node of these days reads no types.
const { transformWithOxc } = await import(`${folder}/node_modules/vite/dist/node/index.js`);
const adapter = await transformWithOxc(readFileSync(`${folder}/src/forms/for_engine.ts`, 'utf8'), 'for_engine.ts');
const { forEngine } = await import(`data:text/javascript,${encodeURIComponent(adapter.code)}`);

let form = null;

async function load({ xform, files }) {
  const fetchFormAttachment = async (resource) => {
    const name = String(resource).split('/').at(-1);
    return name in files ? new Response(files[name]) : new Response('', { status: 404 });
  };
  form = await loadForm(forEngine(xform), { fetchFormAttachment });
  return form.status === 'failure' ? { failed: form.error.message } : { loaded: true };
}

async function judge({ instance }) {
  const data = new FormData();
  data.append(constants.INSTANCE_FILE_NAME, new File([instance], constants.INSTANCE_FILE_NAME, { type: constants.INSTANCE_FILE_TYPE }));
  const { root } = await form.restoreInstance({ data: [data] });
  const nodes = {};
  const walk = (node) => {
    const { reference, relevant, children } = node.currentState;
    if (Array.isArray(children)) {
      if (node.nodeType !== 'root') nodes[reference] = [relevant, null];
      for (const child of children) walk(child);
    } else nodes[reference] = [relevant, node.currentState.instanceValue ?? String(node.currentState.value ?? '')];
  };
  walk(root);
  return { violations: root.validationState.violations.map(({ reference, violation }) => [reference, violation.condition]), nodes, instance: root.instanceState.instanceXML };
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const asked = JSON.parse(line);
    answer = 'xform' in asked ? await load(asked) : await judge(asked);
  } catch (error) {
    answer = { failed: `${error?.name}: ${error?.message}` };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
