// Instance XML ↔ answers JSON, by the form's tree of fields. Pure; the same cases as Python's run it (tests/data/answers/).
import type { Answers, AnswerValue, FieldType, FormField } from '../data/documents.ts';

/** The answers in an instance: what is blank or not there is absent, numbers are numbers, repeats and choices are arrays. */
export function answersOf(xml: string, fields: readonly FormField[]): Answers {
  const document = new DOMParser().parseFromString(xml, 'text/xml');
  if (document.querySelector('parsererror')) throw new Error('the instance is not well-formed XML');
  return read(document.documentElement, fields);
}

/** An instance that holds these answers, for the engine to restore. `id` and `version` are the form's. */
export function instanceOf(answers: Answers, fields: readonly FormField[], form: { form: string; version: string }): string {
  return `<data id="${escape(form.form)}" version="${escape(form.version)}">${write(answers, fields)}</data>`;
}

function read(element: Element, fields: readonly FormField[]): Answers {
  const answers: Answers = {};
  const children = [...element.children];
  for (const field of fields) {
    const found = children.filter((child) => child.localName === field.name);
    if (found.length === 0) continue;
    if (field.type === 'repeat') answers[field.name] = found.filter((row) => !row.hasAttribute('jr:template')).map((row) => read(row, field.fields ?? []));
    else if (field.type === 'group') {
      const inside = read(found[0]!, field.fields ?? []);
      if (Object.keys(inside).length > 0) answers[field.name] = inside;
    } else if (field.type !== 'note') {
      const value = valueOf(field.type, found[0]!.textContent ?? '');
      if (value !== null) answers[field.name] = value;
    }
  }
  return answers;
}

function write(answers: Answers, fields: readonly FormField[]): string {
  return fields
    .map((field) => {
      const value = answers[field.name];
      if (field.type === 'repeat')
        return (Array.isArray(value) ? value : []).map((row) => `<${field.name}>${write(row as Answers, field.fields ?? [])}</${field.name}>`).join('');
      if (field.type === 'group') return `<${field.name}>${write((value ?? {}) as Answers, field.fields ?? [])}</${field.name}>`;
      return `<${field.name}>${value === undefined || value === null ? '' : escape(lexical(field.type, value))}</${field.name}>`;
    })
    .join('');
}

/** The text of an instance as a JSON value; null when blank. A text that does not fit its type stays text, so that the centre sees it as it was. */
export function valueOf(type: FieldType, text: string): AnswerValue {
  if (text === '') return null;
  switch (type) {
    case 'integer':
    case 'decimal': {
      const number = Number(text);
      return Number.isFinite(number) && text.trim() !== '' ? number : text;
    }
    case 'select_multiple':
      return text.split(' ').filter(Boolean);
    case 'geopoint': {
      const parts = text.trim().split(/\s+/).map(Number);
      if (parts.length < 2 || parts.length > 4 || !parts.every(Number.isFinite)) return text;
      const [latitude, longitude, altitude, accuracy] = parts as [number, number, number?, number?];
      return { latitude, longitude, ...(altitude === undefined ? {} : { altitude }), ...(accuracy === undefined ? {} : { accuracy }) };
    }
    default:
      return text;
  }
}

/** A JSON value as the text of an instance. */
export function lexical(type: FieldType, value: AnswerValue): string {
  if (value === null) return '';
  if (Array.isArray(value)) return value.map(String).join(' ');
  if (typeof value === 'object') {
    const { latitude, longitude, altitude, accuracy } = value;
    return [latitude, longitude, altitude ?? 0, accuracy ?? 0].map(String).join(' ');
  }
  if (typeof value === 'boolean') return type === 'acknowledge' ? (value ? 'OK' : '') : String(value);
  return String(value);
}

function escape(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
