// What a record's fields are called and how their values read: from the forms that write them.
import { createMemo, createRoot } from 'solid-js';
import { date, dateTime } from '../i18n/dates.ts';
import { type Key, textOf, t } from '../i18n/index.ts';
import factWords from '../i18n/zh.json';
import type { AnswerValue, FormDocument, FormField, RecordKind } from './documents.ts';
import { forms } from './records.ts';

/** By kind of record and property: the question that last wrote it, of the newest version of each form. */
const questions = createRoot(() =>
  createMemo(() => {
    const found = new Map<string, FormField>();
    const oldestFirst = [...forms().values()].sort((a, b) => Number(a.current) - Number(b.current));
    for (const form of oldestFirst) {
      const byPath = fieldsByPath(form);
      for (const entity of form.entities)
        for (const [property, path] of Object.entries(entity.properties)) {
          const field = byPath.get(path);
          if (field && (field.label || !found.has(`${entity.kind} ${property}`))) found.set(`${entity.kind} ${property}`, field);
        }
    }
    return found;
  }),
);

export function question(kind: RecordKind, property: string): FormField | undefined {
  return questions().get(`${kind} ${property}`);
}

/** The words for a field; null for one that no form and no word of ours names: such a field is not shown. */
export function factLabel(kind: RecordKind, property: string): string | null {
  const label = textOf(question(kind, property)?.label);
  if (label) return label;
  return property in factWords.fact ? t(`fact.${property}` as Key) : null;
}

export function fieldsByPath(form: FormDocument): Map<string, FormField> {
  const found = new Map<string, FormField>();
  const walk = (fields: FormField[]) => {
    for (const field of fields) {
      found.set(field.path, field);
      if (field.fields) walk(field.fields);
    }
  };
  walk(form.fields);
  return found;
}

/** An answer as a person reads it. */
export function readable(value: AnswerValue, field?: FormField): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map((item) => readable(item, field)).join('、');
  if (typeof value === 'object') return typeof value.latitude === 'number' && typeof value.longitude === 'number' ? `${value.latitude.toFixed(5)}, ${value.longitude.toFixed(5)}` : '';
  const choice = field?.choices?.find((one) => one.value === String(value));
  if (choice) return textOf(choice.label);
  const written = String(value);
  if (field?.type === 'dateTime' || /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(written)) return dateTime(written) || written;
  if (field?.type === 'date' || /^\d{4}-\d\d-\d\d$/.test(written)) return date(`${written}T12:00:00`) || written;
  return written;
}
