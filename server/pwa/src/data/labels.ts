// What a record's fields are called and how their values read: from the forms that write them.
import { createMemo, createRoot } from 'solid-js';
import { date, dateTime } from '../i18n/dates.ts';
import { isWord, textOf, t } from '../i18n/index.ts';
import type { Answers, AnswerValue, FormDocument, FormField, RecordKind } from './documents.ts';
import { formOf, forms, left, oneOf, rows } from './records.ts';
import { type Row, saidBy, text } from './rows.ts';
import type { Sheet } from './submissions.ts';

/** By kind of record and property: the question that writes it, of the newest version of each form, with its place in the form. */
const questions = createRoot(() =>
  createMemo(() => {
    const found = new Map<string, { field: FormField; place: number }>();
    const oldestFirst = [...forms().values()].sort((a, b) => Number(a.current) - Number(b.current));
    for (const form of oldestFirst) {
      const byPath = fieldsByPath(form);
      const places = new Map([...byPath.keys()].map((path, place) => [path, place]));
      for (const entity of form.entities)
        for (const [property, path] of Object.entries(entity.properties)) {
          const field = byPath.get(path);
          if (field && isAsked(field)) found.set(`${entity.kind} ${property}`, { field, place: places.get(path)! });
        }
    }
    return found;
  }),
);

/** Whether a person sees this question; what is calculated or hidden has no words of its own. */
export function isAsked(field: FormField): boolean {
  return field.type !== 'hidden' && field.type !== 'calculate';
}

/** In the order in which the form asks; what no form asks stands last. */
export function inFormOrder(kind: RecordKind, a: string, b: string): number {
  const place = (property: string) => questions().get(`${kind} ${property}`)?.place ?? Infinity;
  return place(a) === place(b) ? 0 : place(a) - place(b);
}

export function question(kind: RecordKind, property: string): FormField | undefined {
  return questions().get(`${kind} ${property}`)?.field;
}

/** The words for a field; null for one that no form and no word of ours names: such a field is not shown. */
export function factLabel(kind: RecordKind, property: string): string | null {
  const label = textOf(question(kind, property)?.label);
  if (label) return label;
  const key = `fact.${property}`;
  return isWord(key) ? t(key) : null;
}

export function fieldsByPath(form: Pick<FormDocument, 'fields'>): Map<string, FormField> {
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

/** "/members/0/temperature" → "何伶俐 · 体温", or "第 1 项 · 体温" while nobody is named: the question's own words, and whose answer it is. What is no question is the whole form. */
export function placeLabel(path: string | null, fields: ReadonlyMap<string, FormField>, answers?: Answers): string {
  const parts = (path ?? '').split('/').filter(Boolean);
  const label = textOf(fields.get(`/${parts.filter((part) => !/^\d+$/.test(part)).join('/')}`)?.label);
  const at = parts.findIndex((part) => /^\d+$/.test(part));
  if (!label) return t('submission.general');
  if (at === -1) return label;
  return `${rowLabel(parts.slice(0, at), Number(parts[at]), fields, answers)} · ${label}`;
}

/** What a row of a repeat is called: the name that stands in it, else its number. */
export function rowLabel(repeat: string[], index: number, fields: ReadonlyMap<string, FormField>, answers?: Answers): string {
  let here: AnswerValue | undefined = answers;
  for (const part of repeat) here = isAnswers(here) ? here[part] : undefined;
  const row = Array.isArray(here) ? here[index] : undefined;
  const naming = [...fields.values()].find((field) => field.pii === 'name' && field.path.startsWith(`/${repeat.join('/')}/`));
  let name: AnswerValue | undefined = naming && row;
  for (const part of naming?.path.split('/').slice(repeat.length + 1) ?? []) name = isAnswers(name) ? name[part] : undefined;
  return typeof name === 'string' && name !== '' ? name : t('submission.item', { number: index + 1 });
}

const isAnswers = (value: AnswerValue | undefined): value is Answers => typeof value === 'object' && value !== null && !Array.isArray(value);

/** "1栋 2单元 311" from what is known; the record's own label while nothing of it is. */
export function doorName(row: Row | undefined): string {
  if (!row) return '';
  return doorWords({ building: text(row, 'building'), unit: text(row, 'unit'), room: text(row, 'room'), ordinal: text(row, 'ordinal') }) || row.label;
}

/** What the centre calls a record; until it has, the words that its form names it by. */
export function recordName(row: Row): string {
  if (row.kind === 'household') return doorName(row);
  if (row.kind === 'visit') return t('records.attempt', { number: text(row, 'attempt') || '1' });
  return text(row, 'name') || row.label || (NAMED_BY[row.kind] ?? []).map((fact) => text(row, fact)).filter(Boolean).join(' ') || t(`records.kinds.${row.kind}`);
}

const NAMED_BY: Partial<Record<RecordKind, string[]>> = { pass: ['pass_number', 'holder_name'], problem: ['description'], service_request: ['description'], duty_shift: ['staff_name', 'place'] };

/** The title of a form; the office's own forms are not on the phone. */
export function formTitle(form: string): string {
  for (const one of forms().values()) if (one.form === form) return textOf(one.title);
  return t('household.office_form');
}

/** What a submission is about: its door, also where that has moved away, else the record that it speaks of, else the form. */
export function subjectOf({ submission: { answers, form, version } }: Pick<Sheet, 'submission'>): string {
  const id = typeof answers.household_id === 'string' ? answers.household_id : '';
  const door = doorName(rows().get(oneOf(id))) || left().get(id)?.label;
  if (door) return door;
  const spokenOf = saidBy(answers, formOf(form, version) ?? { entities: [] }).flatMap((said) => rows().get(oneOf(said.id)) ?? [])[0];
  return spokenOf ? recordName(spokenOf) : formTitle(form);
}

export function doorWords(door: { building: string; unit: string; room: string; ordinal: string }): string {
  const parts = [door.building && t('doors.building', { building: door.building }), door.unit && t('doors.unit', { unit: door.unit }), door.room];
  if (door.ordinal && door.ordinal !== '1') parts.push(t('doors.ordinal', { ordinal: door.ordinal }));
  return parts.filter(Boolean).join(' ');
}

/** An answer as a person reads it. */
export function readable(value: AnswerValue, field?: FormField): string {
  if (value === null || value === undefined) return '';
  if (field?.type === 'image' || field?.type === 'audio' || field?.type === 'video' || field?.type === 'file') return t(`answer.${field.type}`); // its name says nothing
  if (Array.isArray(value) && (field?.type === 'geotrace' || field?.type === 'geoshape')) return t('answer.points', { count: value.length });
  if (Array.isArray(value)) return value.map((item) => readable(item, field)).join('、');
  if (typeof value === 'object') return typeof value.latitude === 'number' && typeof value.longitude === 'number' ? `${value.latitude.toFixed(5)}, ${value.longitude.toFixed(5)}` : '';
  const choice = field?.choices?.find((one) => one.value === String(value));
  if (choice) return textOf(choice.label);
  const written = String(value);
  if (field?.type === 'dateTime' || /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(written)) return dateTime(written) || written;
  if (field?.type === 'date' || /^\d{4}-\d\d-\d\d$/.test(written)) return date(`${written}T12:00:00`) || written;
  return written;
}
