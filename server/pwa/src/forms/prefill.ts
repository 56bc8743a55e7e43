// What is known before the first page: ids always, and of the records only what the form marks `prefill`. Pure; new ids come from the caller.
import type { Answers, AnswerValue, FormDocument, FormEntity, FormField, RecordDocument } from '../data/documents.ts';
import type { FormStart } from '../forms-contract.ts';

export type NewId = (kind: string) => string;

export function knownAnswers(form: FormDocument, start: FormStart, newId: NewId): Answers {
  const answers: Answers = {};
  const repeats = new Set(form.entities.map((entity) => entity.repeat).filter((path): path is string => path !== null));

  for (const entity of form.entities.filter((entity) => entity.repeat === null)) {
    const record = oneOf(entity.kind, start);
    if (record) fill(answers, form, entity, record, '');
    // A household's id follows from its door, which may not be known yet: see doorOf() below.
    else if (entity.kind !== 'household') put(answers, entity.id, newId(entity.kind));
  }
  for (const path of repeats) put(answers, path, rowsOf(form, start, path, newId));
  for (const field of leaves(form.fields)) {
    if (field.type !== 'hidden' || repeatOf(form.fields, field.path) || at(answers, field.path) !== undefined) continue;
    const value = ofStart(field, start);
    if (value !== undefined && value !== null) put(answers, field.path, value);
  }
  for (const [path, value] of Object.entries(start.known ?? {})) put(answers, path, value);
  return answers;
}

/**
 * What a hidden question at the top is given from the record that the form starts from: `household_id` the id of its household, `ends_on_before` what its
 * `ends_on` holds now, and a name the name of its person.
 */
function ofStart(field: FormField, start: FormStart): AnswerValue | undefined {
  const from = start.record ?? start.household;
  const kind = /^(\w+)_id$/.exec(field.name)?.[1];
  if (kind) {
    const linked = from?.fields[kind]?.value;
    return oneOf(kind, start)?._id ?? (typeof linked === 'string' && linked.startsWith(`${kind}:`) ? linked : undefined);
  }
  if (!field.prefill) return undefined;
  if (field.name.endsWith('_before')) return from?.fields[field.name.slice(0, -'_before'.length)]?.value;
  const person = start.people?.find((one) => standsFor(one, start.record?.fields.person?.value));
  return person?.fields[field.name]?.value ?? (field.pii === 'name' && start.record ? start.record.label : undefined);
}

/** The ids that a new row of this roster needs, by name of the question. */
export function idsOfNewRow(form: FormDocument, repeat: string, newId: NewId): Record<string, string> {
  return Object.fromEntries(form.entities.filter((entity) => entity.repeat === repeat).map((entity) => [entity.id.slice(repeat.length + 1), newId(entity.kind)]));
}

/** Where the household's id belongs and the door it follows from, once the door is known; null when it is not, or the form has no household. */
export function doorOf(form: FormDocument, answers: Answers): { path: string; building: string; unit: string; room: string; ordinal: number } | null {
  const entity = form.entities.find((entity) => entity.kind === 'household' && entity.repeat === null);
  if (!entity) return null;
  const part = (property: string): string => {
    const path = entity.properties[property];
    const value = path === undefined ? undefined : at(answers, path);
    return value === undefined || value === null ? '' : String(value);
  };
  const [building, unit, room] = [part('building'), part('unit'), part('room')];
  if (room === '') return null;
  return { path: entity.id, building, unit, room, ordinal: Number(part('ordinal')) || 1 };
}

function rowsOf(form: FormDocument, start: FormStart, repeat: string, newId: NewId): AnswerValue[] {
  const entities = form.entities.filter((entity) => entity.repeat === repeat);
  const first = entities.find((entity) => recordsOf(entity.kind, start).length > 0);
  if (!first) return [];
  return recordsOf(first.kind, start).map((record) => {
    const row: Answers = {};
    fill(row, form, first, record, repeat);
    fillFromLinked(row, form, record, start, repeat);
    for (const entity of entities) if (at(row, entity.id.slice(repeat.length)) === undefined) put(row, entity.id.slice(repeat.length), newId(entity.kind));
    return row;
  });
}

function fill(into: Answers, form: FormDocument, entity: FormEntity, record: RecordDocument, below: string): void {
  put(into, entity.id.slice(below.length), record._id);
  for (const [property, path] of Object.entries(entity.properties)) {
    const field = leaves(form.fields).find((field) => field.path === path);
    const value = record.fields[property]?.value;
    if (!field || value === undefined || value === null || (repeatOf(form.fields, path) ?? '') !== below) continue;
    if (field.prefill || field.type === 'hidden') put(into, path.slice(below.length), value);
  }
}

/** A row about a case shows the name of its person: what no property of the record gives comes from the records that the row's ids name, by the question's own name. */
function fillFromLinked(row: Answers, form: FormDocument, record: RecordDocument, start: FormStart, repeat: string): void {
  const ids = new Set(Object.values(row));
  const linked = [...(start.people ?? []), ...(start.cases ?? [])].filter((other) => [...ids].some((id) => standsFor(other, id)));
  for (const field of leaves(form.fields)) {
    if (!field.prefill || repeatOf(form.fields, field.path) !== repeat || at(row, field.path.slice(repeat.length)) !== undefined) continue;
    const found = linked.map((other) => other.fields[field.name]?.value).find((value) => value !== undefined && value !== null);
    const value = found ?? (field.pii === 'name' ? record.label : undefined);
    if (value !== undefined) put(row, field.path.slice(repeat.length), value);
  }
}

/** A record that was linked with others is meant by the id of each of them: what names a member goes on naming it. */
function standsFor(record: RecordDocument, id: AnswerValue | undefined): boolean {
  return record._id === id || (typeof id === 'string' && record.members?.includes(id) === true);
}

/** The one record of this kind that a form is about; those of a roster are many. */
function oneOf(kind: string, start: FormStart): RecordDocument | undefined {
  if (start.record?.kind === kind) return start.record;
  return kind === 'household' ? start.household : undefined;
}

function recordsOf(kind: string, start: FormStart): RecordDocument[] {
  if (kind === 'household') return start.household ? [start.household] : start.record?.kind === 'household' ? [start.record] : [];
  const many = kind === 'person' ? start.people : kind === 'quarantine_case' ? start.cases : undefined;
  return many ?? (start.record?.kind === kind ? [start.record] : []);
}

export function leaves(fields: readonly FormField[]): FormField[] {
  return fields.flatMap((field) => (field.fields ? leaves(field.fields) : [field]));
}

/** The innermost repeat above a path. */
export function repeatOf(fields: readonly FormField[], path: string, within: string | null = null): string | null {
  for (const field of fields) {
    if (field.path === path) return within;
    if (field.fields && path.startsWith(`${field.path}/`)) return repeatOf(field.fields, path, field.type === 'repeat' ? field.path : within);
  }
  return within;
}

function put(answers: Answers, path: string, value: AnswerValue): void {
  const steps = path.split('/').slice(1);
  let place = answers;
  for (const step of steps.slice(0, -1)) place = (place[step] ??= {}) as Answers;
  place[steps.at(-1)!] = value;
}

function at(answers: Answers, path: string): AnswerValue | undefined {
  let value: AnswerValue | undefined = answers;
  for (const step of path.split('/').slice(1)) {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
    value = (value as Answers)[step];
  }
  return value;
}
