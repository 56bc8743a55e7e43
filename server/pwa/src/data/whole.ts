// A whole record as this phone knows it: what the centre merged, with our own unmerged answers over it, marked. Pure.
import type { FieldValue, FormDocument, RecordDocument } from './documents.ts';
import { isUnmerged, type Row, saidBy } from './rows.ts';
import type { Sheet } from './submissions.ts';

export type Field = FieldValue & { pending?: true };
export type WholeRecord = RecordDocument & { fields: Record<string, Field> };

export function whole(row: Row, merged: RecordDocument | null, sheets: Sheet[], formOf: (form: string, version: string) => Pick<FormDocument, 'entities'> | undefined): WholeRecord {
  const record: WholeRecord = merged
    ? { ...merged, fields: { ...merged.fields } }
    : { _id: row.id, type: 'record', kind: row.kind, area: row.area, label: row.label, version: {}, fields: {}, search: row.search, submissions: [], submission_count: 0 };
  for (const { submission } of sheets.filter(isUnmerged).sort((a, b) => (a.submission.clock < b.submission.clock ? -1 : 1))) {
    const form = formOf(submission.form, submission.version);
    if (!form) continue;
    for (const said of saidBy(submission.answers, form).filter(({ id }) => id === row.id))
      for (const [name, value] of Object.entries(said.facts))
        record.fields[name] = {
          value, worker: submission.worker, device: submission.device, at: submission.finished_at, clock: submission.clock,
          submission: submission._id, form: submission.form, pending: true,
        };
  }
  return record;
}
