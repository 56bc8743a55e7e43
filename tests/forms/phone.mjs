// Asks ODK's engine, the one on the phone: {"xform", "instances": [xml], "root"} on stdin → [{"violations": [[reference, condition]], "values": {reference: text}}] on stdout.
// Usage: node phone.mjs <folder with node_modules>
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const folder = process.argv[2];
const require = createRequire(`${folder}/package.json`);
// The engine expects a browser's globals, and finds its WebAssembly by these two.
globalThis.require = require;
globalThis.__dirname = folder;
const { window } = new (require('jsdom').JSDOM)('<html/>');
for (const name of ['window', 'document', 'DOMParser', 'XMLSerializer', 'Node', 'Element', 'Document', 'XPathResult', 'Text', 'Attr', 'NodeFilter', 'Comment', 'CDATASection', 'ProcessingInstruction', 'XMLDocument'])
  globalThis[name] ??= window[name];
const { constants, loadForm } = await import(`${folder}/node_modules/@getodk/xforms-engine/dist/index.js`);

const asked = JSON.parse(readFileSync(0, 'utf8'));
const answers = [];
for (const { xform, instances } of asked) {
  // As the phone does: a photo is a file's name.
  const form = await loadForm(xform.replace(/<(\/?)upload\b/g, '<$1input').replace(/(<bind\b[^>]*?\btype=)"binary"/g, '$1"string"'));
  if (form.status === 'failure') throw form.error;
  for (const xml of instances) {
    const data = new FormData();
    data.append(constants.INSTANCE_FILE_NAME, new File([xml], constants.INSTANCE_FILE_NAME, { type: constants.INSTANCE_FILE_TYPE }));
    const { root } = await form.restoreInstance({ data: [data] });
    const values = {};
    const walk = (node) => {
      const { reference, relevant, value, children } = node.currentState;
      if (relevant && node.nodeType === 'model-value') values[reference] = String(value ?? '');
      for (const child of Array.isArray(children) ? children : []) walk(child);
    };
    walk(root);
    answers.push({ violations: root.validationState.violations.map(({ reference, violation }) => [reference, violation.condition]), values });
  }
}
process.stdout.write(JSON.stringify(answers));
process.exit(0);
