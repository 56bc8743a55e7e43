// What a form that is tried starts from: an example door with two people in quarantine, as the form would find them at a real one.
import { newId } from '../data/identity.ts';
import type { AnswerValue, FieldValue, FormDocument, RecordDocument, RecordKind } from '../data/documents.ts';
import type { FormStart } from '../forms-contract.ts';

export interface ExampleWords {
  door: string;
  people: [string, string];
}

/** Nothing for a form that starts from nothing. Pure but for the ids. */
export function exampleStart(form: Pick<FormDocument, 'starts_from'>, words: ExampleWords, today: string): FormStart {
  const start: FormStart = { area: 'example', place: 'example' };
  if (!form.starts_from) return start;
  const household = record('household', words.door, { building: '1', unit: '2', room: '311', ordinal: 1, outcome: 'done', phone: '0715-8255301' });
  const people = words.people.map((name, index) => record('person', name, { name, household: household._id, phone: `1380000000${index + 1}` }));
  const cases = people.map((person) => record('quarantine_case', person.label, { name: person.label, household: household._id, person: person._id, starts_on: today, ends_on: daysAfter(today, 14) }));
  const kinds: Record<string, RecordDocument> = { household, person: people[0]!, quarantine_case: cases[0]! };
  const from = kinds[form.starts_from] ?? record(form.starts_from as RecordKind, words.door, { name: words.door });
  return { ...start, record: from, household, people, cases };
}

function record(kind: RecordKind, label: string, values: Record<string, AnswerValue>): RecordDocument {
  const of = (value: AnswerValue): FieldValue => ({ value, worker: 'example', device: 'd-00000000', at: '2026-01-01T00:00:00+08:00', clock: '', submission: '', form: '' });
  const fields = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, of(value)]));
  return { _id: `${kind}:${newId()}`, type: 'record', kind, area: 'example', label, version: {}, fields, search: '', submissions: [], submission_count: 0 } as RecordDocument;
}

function daysAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}
