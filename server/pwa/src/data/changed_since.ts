// What others wrote about the records of a form after it was filled in from them: said when a draft or a returned form is opened again. Pure.
import type { FormEntity, RecordDocument, Vector } from './documents.ts';
import type { Field } from './whole.ts';

export interface Change {
  record: RecordDocument;
  name: string;
  field: Field;
}

/** Of what the form writes, that which was not in the versions that it was filled from; the newest first. */
export function changedSince(records: readonly RecordDocument[], base: Record<string, Vector> | undefined, entities: readonly FormEntity[]): Change[] {
  if (!base) return [];
  const written = new Set(entities.flatMap(({ kind, properties }) => Object.keys(properties).map((name) => `${kind} ${name}`)));
  return records
    .flatMap((record) => {
      const seen = base[record._id];
      if (!seen) return [];
      return Object.entries(record.fields as Record<string, Field>).flatMap(([name, field]) => (!field.pending && written.has(`${record.kind} ${name}`) && !knows(seen, field) ? [{ record, name, field }] : []));
    })
    .sort((a, b) => (a.field.clock < b.field.clock ? 1 : -1));
}

/** In a record that is several, what went into a member stands under its name and the device. */
function knows(seen: Vector, { device, clock }: Field): boolean {
  return Object.entries(seen).some(([key, newest]) => (key === device || key.endsWith(` ${device}`)) && newest >= clock);
}
