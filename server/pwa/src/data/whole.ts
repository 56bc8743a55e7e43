// A whole record as this phone knows it: what the centre merged, with our own unmerged answers over it, marked. Pure.
import type { FieldValue, FormDocument, RecordDocument } from './documents.ts';
import { EACH_FOR_ITSELF, isUnmerged, notIn, type Row } from './rows.ts';
import type { Sheet } from './submissions.ts';

export type Field = FieldValue & { pending?: true };
export type WholeRecord = RecordDocument & { fields: Record<string, Field> };

export function whole(
  row: Row, merged: RecordDocument | null, sheets: Sheet[], formOf: (form: string, version: string) => Pick<FormDocument, 'entities'> | undefined, known = EACH_FOR_ITSELF,
): WholeRecord {
  const record: WholeRecord = merged
    ? { ...merged, fields: { ...merged.fields } }
    : { _id: row.id, type: 'record', kind: row.kind, area: row.area, label: row.label, version: {}, fields: {}, search: row.search, submissions: [], submission_count: 0 };
  const own = sheets.filter((sheet) => isUnmerged(sheet) || sheet.state.state === 'accepted').sort((a, b) => (a.submission.clock < b.submission.clock ? -1 : 1));
  for (const sheet of own) {
    const { submission } = sheet;
    const form = formOf(submission.form, submission.version);
    if (!form) continue;
    for (const said of notIn(sheet, form, known.version).filter(({ id }) => known.one(id) === row.id))
      for (const [name, value] of Object.entries(said.facts))
        record.fields[name] = {
          value, worker: submission.worker, device: submission.device, at: submission.finished_at, clock: submission.clock,
          submission: submission._id, form: submission.form, ...(isUnmerged(sheet) ? { pending: true } : {}),
        };
  }
  return record;
}
