// Whoever fills a form in need not write their own name. Pure; apart from prefill.ts, which comes with the form runner only.
import type { FormDocument, FormField, RecordDocument } from '../data/documents.ts';

/** Where a form asks for the name of who fills it in (appearance `own-name`), and the record does not know one yet: that name, by path. */
export function ownName(form: Pick<FormDocument, 'fields' | 'entities'>, record: RecordDocument | undefined, name: string): Record<string, string> {
  const held = (path: string) => form.entities.some(({ kind, properties }) => kind === record?.kind && Object.entries(properties).some(([property, at]) => at === path && record.fields[property]?.value));
  const asked = (fields: readonly FormField[]): FormField[] =>
    fields.flatMap((field) => (field.type === 'group' ? asked(field.fields ?? []) : field.appearance?.split(' ').includes('own-name') ? [field] : []));
  return name ? Object.fromEntries(asked(form.fields).filter(({ path }) => !held(path)).map(({ path }) => [path, name])) : {};
}
