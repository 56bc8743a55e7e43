// Instance XML ↔ answers JSON, by the form's tree of fields. Pure; the same cases as Python's run it (tests/data/answers/).
import type { Answers, AnswerValue, FieldType, FormField } from '../data/documents.ts';

const JAVAROSA = 'http://openrosa.org/javarosa';
const GEOPOINT_PARTS = ['latitude', 'longitude', 'altitude', 'accuracy'] as const;

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

function read(element: Element, fields: readonly FormField[], depth = 0): Answers {
  const known = new Map(fields.map((field) => [field.name, field]));
  const answers: Answers = {};
  for (const child of element.children) {
    const name = child.localName;
    if (child.hasAttributeNS(JAVAROSA, 'template')) continue;
    const field = known.get(name);
    if (depth === 0 && name === 'meta') {
      const inside = field ? asked(read(child, field.fields ?? [], 1), field.fields ?? []) : {};
      if (Object.keys(inside).length > 0) answers[name] = inside;
    } else if (!field) {
      // Kept as it stands: the centre names what the form does not know.
      if (child.children.length > 0 || child.textContent) answers[name] = unknown(child);
    } else if (field.type === 'repeat') {
      ((answers[name] ??= []) as AnswerValue[]).push(read(child, field.fields ?? [], depth + 1));
    } else if (field.type === 'group') {
      const inside = read(child, field.fields ?? [], depth + 1);
      if (Object.keys(inside).length > 0) answers[name] = inside;
    } else {
      const value = valueOf(kindOf(field), child.textContent ?? '');
      if (value !== null) answers[name] = value;
    }
  }
  return answers;
}

/** The ids of an instance are no answers, nor is what another client notes beside them. */
function asked(answers: Answers, fields: readonly FormField[]): Answers {
  return Object.fromEntries(fields.filter(({ name }) => name in answers).map(({ name }) => [name, answers[name]!]));
}

function unknown(element: Element): AnswerValue {
  if (element.children.length === 0) return element.textContent ?? '';
  return Object.fromEntries([...element.children].map((child) => [child.localName, unknown(child)]));
}

/** How an answer is kept: a calculation or a hidden question says so beside its type. */
function kindOf(field: FormField): FieldType {
  return field.value_type ?? field.type;
}

function write(answers: Answers, fields: readonly FormField[]): string {
  return fields
    .map((field) => {
      const value = answers[field.name];
      if (field.type === 'repeat')
        return (Array.isArray(value) ? value : []).map((row) => `<${field.name}>${write(row as Answers, field.fields ?? [])}</${field.name}>`).join('');
      if (field.type === 'group') return `<${field.name}>${write((value ?? {}) as Answers, field.fields ?? [])}</${field.name}>`;
      return `<${field.name}>${value === undefined || value === null ? '' : escape(lexical(kindOf(field), value))}</${field.name}>`;
    })
    .join('');
}

/** The text of an instance as a JSON value; null when blank. A text that does not fit its type stays text, so that the centre sees it as it was. */
export function valueOf(type: FieldType, text: string): AnswerValue {
  if (text === '') return null;
  switch (type) {
    case 'integer':
    case 'decimal':
      return numberOf(text);
    case 'select_multiple':
    case 'rank': {
      const values = text.split(/\s+/).filter(Boolean);
      return values.length > 0 ? values : null;
    }
    case 'geopoint':
      return positionOf(text) ?? text;
    case 'geotrace':
    case 'geoshape': {
      const points = text.trim().replace(/;$/, '').split(';').map(positionOf);
      return points.includes(null) ? text : points;
    }
    default:
      return text;
  }
}

function positionOf(text: string): AnswerValue {
  const parts = text.split(/\s+/).filter(Boolean).map(numberOf);
  if (parts.length < 2 || parts.length > 4 || parts.some((part) => typeof part === 'string')) return null;
  return Object.fromEntries(parts.map((part, index) => [GEOPOINT_PARTS[index]!, part]));
}

function numberOf(text: string): AnswerValue {
  if (!/^\s*[-+]?(\d+(\.\d*)?|\.\d+)\s*$/.test(text)) return text;
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}

/** A JSON value as the text of an instance. */
export function lexical(type: FieldType, value: AnswerValue): string {
  if (value === null) return '';
  if (Array.isArray(value)) return type === 'geotrace' || type === 'geoshape' ? value.map((point) => lexical('geopoint', point)).join(';') : value.map(String).join(' ');
  if (typeof value === 'object') {
    const parts = GEOPOINT_PARTS.map((part) => value[part] ?? null);
    while (parts.length > 0 && parts.at(-1) === null) parts.pop();
    return parts.map((part) => plainNumber(Number(part ?? 0))).join(' ');
  }
  if (typeof value === 'number') return plainNumber(value);
  if (typeof value === 'boolean') return type === 'acknowledge' && value ? 'OK' : '';
  return value;
}

/** Without an exponent, which XML Schema's decimal does not know, and with every digit: reading it gives the same number. */
function plainNumber(number: number): string {
  const [, sign, digits, exponent] = /^(-?)([\d.]+)(?:e([-+]\d+))?$/.exec(String(number)) ?? [];
  if (exponent === undefined) return String(number);
  const [whole, fraction = ''] = digits!.split('.');
  const point = whole!.length + Number(exponent);
  const all = whole! + fraction;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${all}`;
  return point >= all.length ? sign + all.padEnd(point, '0') : `${sign}${all.slice(0, point)}.${all.slice(point)}`;
}

/** A carriage return as a reference: a parser makes a line break of it otherwise. */
function escape(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;').replace(/\r/g, '&#13;');
}
