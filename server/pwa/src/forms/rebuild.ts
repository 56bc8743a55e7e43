// A draft that the engine does not open as a whole, because an answer in it makes one of the form's expressions throw, is put together
// answer by answer: what the engine does not take is kept beside its question, as it was typed.
import type { FormDocument, FormField } from '../data/documents.ts';
import type { EngineForm, Instance } from './engine.ts';
import type { DraftState } from './filling.ts';

export function rebuilt(document: FormDocument, form: EngineForm, state: DraftState): Instance {
  const instance = form.start({});
  for (const [path, text] of [...textsOf(state.xml, document.fields), ...Object.entries(state.hidden)]) {
    const refusal = instance.set(path, text);
    if (!refusal) continue;
    instance.set(path, '');
    state.refused[path] ??= { text, ...refusal };
  }
  return instance;
}

/** What was answered in an instance, in its order: JSON path and text. What the form works out itself is left out. */
export function textsOf(xml: string, fields: readonly FormField[]): [string, string][] {
  return below(new DOMParser().parseFromString(xml, 'text/xml').documentElement, fields, '');
}

function below(parent: Element, fields: readonly FormField[], at: string): [string, string][] {
  const known = new Map(fields.map((field) => [field.name, field]));
  const rows = new Map<string, number>();
  return [...parent.children].flatMap((child): [string, string][] => {
    const field = known.get(child.localName);
    if (!field || field.type === 'calculate' || field.type === 'note') return [];
    if (field.type === 'group') return below(child, field.fields ?? [], `${at}/${field.name}`);
    if (field.type === 'repeat') {
      const row = rows.get(field.name) ?? 0;
      rows.set(field.name, row + 1);
      return below(child, field.fields ?? [], `${at}/${field.name}/${row}`);
    }
    return child.textContent ? [[`${at}/${field.name}`, child.textContent]] : [];
  });
}
