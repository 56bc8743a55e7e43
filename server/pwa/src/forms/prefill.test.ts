// What stands in a form before its first page.
import { expect, test } from 'vitest';
import type { FormDocument, RecordDocument, RecordKind } from '../data/documents.ts';
import { exampleForm } from './example_form.ts';
import { doorOf, idsOfNewRow, knownAnswers } from './prefill.ts';
import { ownName } from './own_name.ts';

const newId = (kind: string) => `${kind}:new`;
const place = { area: 'g0311', place: 'c031' };

function record(kind: RecordKind, id: string, label: string, values: Record<string, string | number>): RecordDocument {
  const fields = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value, worker: 'w', device: 'd', at: '', clock: '', submission: '', form: '' }]));
  return { _id: id, type: 'record', kind, area: 'g0311', label, version: {}, fields, search: '', submissions: [], submission_count: 1 };
}

const household = record('household', 'household:h', '1栋 311', { room: '311' });
const person = record('person', 'person:p', '何伶俐', { name: '何伶俐', temperature: 38.2 });

test('ids and what the form marks prefill are filled in, and never what must be asked anew', () => {
  expect(knownAnswers(exampleForm, { ...place, household, people: [person] }, newId)).toEqual({
    household_id: 'household:h',
    visit: { room: '311' },
    members: [{ person_id: 'person:p', name: '何伶俐' }],
  });
});

test('a household that no record knows gets no id before its door is written', () => {
  expect(knownAnswers(exampleForm, place, newId)).toEqual({ members: [] });
  expect(doorOf(exampleForm, { visit: {} })).toBeNull();
  expect(doorOf(exampleForm, { visit: { room: '311' } })).toEqual({ path: '/household_id', building: '', unit: '', room: '311', ordinal: 1 });
});

test('what is known beyond the records stands at its path', () => {
  expect(knownAnswers(exampleForm, { ...place, known: { '/visit/outcome': 'done' } }, newId).visit).toEqual({ outcome: 'done' });
});

test('a new row has a new id', () => {
  expect(idsOfNewRow(exampleForm, '/members', newId)).toEqual({ person_id: 'person:new' });
});

test('a row about a case has the id of its case and person, and the name of the person', () => {
  const check: FormDocument = {
    ...exampleForm,
    fields: [
      { name: 'household_id', path: '/household_id', type: 'hidden', label: null },
      {
        name: 'people',
        path: '/people',
        type: 'repeat',
        label: null,
        fields: [
          { name: 'person_id', path: '/people/person_id', type: 'hidden', label: null },
          { name: 'case_id', path: '/people/case_id', type: 'hidden', label: null },
          { name: 'name', path: '/people/name', type: 'hidden', label: null, pii: 'name', prefill: true },
          { name: 'temperature', path: '/people/temperature', type: 'decimal', label: null },
        ],
      },
    ],
    entities: [{ kind: 'quarantine_case', repeat: '/people', id: '/people/case_id', label: null, properties: { household: '/household_id', person: '/people/person_id', temperature: '/people/temperature' } }],
  };
  const known = record('quarantine_case', 'quarantine_case:1', '何伶俐的隔离', { person: 'person:p', household: 'household:h', temperature: 37.9 });
  expect(
    knownAnswers(check, { ...place, household, people: [{ ...person, _id: 'person:0', members: ['person:0', 'person:p'] }], cases: [known] }, newId).people,
    'a case goes on naming the person it was opened for, and shows the name of the one that person was linked with',
  ).toEqual([{ case_id: 'quarantine_case:1', person_id: 'person:p', name: '何伶俐' }]);
  const nameless = record('quarantine_case', 'quarantine_case:2', '周建国', { person: 'person:gone', household: 'household:h' });
  expect(knownAnswers(check, { ...place, household, people: [person], cases: [known, nameless] }, newId)).toEqual({
    household_id: 'household:h',
    people: [
      { case_id: 'quarantine_case:1', person_id: 'person:p', name: '何伶俐' },
      { case_id: 'quarantine_case:2', person_id: 'person:gone', name: '周建国' },
    ],
  });
});

const release: FormDocument = {
  ...exampleForm,
  starts_from: 'quarantine_case',
  fields: [
    { name: 'case_id', path: '/case_id', type: 'hidden', label: null },
    { name: 'household_id', path: '/household_id', type: 'hidden', label: null },
    { name: 'person_id', path: '/person_id', type: 'hidden', label: null },
    { name: 'name', path: '/name', type: 'hidden', label: null, pii: 'name', prefill: true },
    { name: 'ends_on_before', path: '/ends_on_before', type: 'hidden', label: null, prefill: true },
    { name: 'ends_on', path: '/ends_on', type: 'date', label: null },
  ],
  entities: [{ kind: 'quarantine_case', repeat: null, id: '/case_id', label: null, properties: { ends_on: '/ends_on', ends_on_before: '/ends_on_before' } }],
};

test('a form that starts from a case has its id, what it names, the name of its person and what the end was before', () => {
  const kase = record('quarantine_case', 'quarantine_case:1', '何伶俐', { person: 'person:p', household: 'household:h', ends_on: '2026-02-17' });
  expect(knownAnswers(release, { ...place, record: kase, household, people: [person], cases: [kase] }, newId)).toEqual({
    case_id: 'quarantine_case:1',
    household_id: 'household:h',
    person_id: 'person:p',
    name: '何伶俐',
    ends_on_before: '2026-02-17',
  });
});

test('a form about one new person at a door is about nobody who lives there already', () => {
  const returned: FormDocument = {
    ...exampleForm,
    starts_from: 'household',
    fields: [
      { name: 'household_id', path: '/household_id', type: 'hidden', label: null },
      { name: 'person_id', path: '/person_id', type: 'hidden', label: null },
      { name: 'name', path: '/name', type: 'text', label: null, prefill: true },
    ],
    entities: [{ kind: 'person', repeat: null, id: '/person_id', label: null, properties: { name: '/name' } }],
  };
  expect(knownAnswers(returned, { ...place, record: household, household, people: [person] }, newId)).toEqual({ household_id: 'household:h', person_id: 'person:new' });
});

test('who fills the form in is named where the form asks for it and the record has nobody yet', () => {
  const request: FormDocument = {
    ...exampleForm,
    fields: [{ name: 'claimed_by', path: '/claimed_by', type: 'text', label: null, appearance: 'own-name' }],
    entities: [{ kind: 'service_request', repeat: null, id: '/id', label: null, properties: { claimed_by: '/claimed_by' } }],
  };
  expect(ownName(request, undefined, '王芳')).toEqual({ '/claimed_by': '王芳' });
  expect(ownName(request, record('service_request', 'service_request:1', '', {}), '王芳')).toEqual({ '/claimed_by': '王芳' });
  expect(ownName(request, record('service_request', 'service_request:1', '', { claimed_by: '李志强' }), '王芳')).toEqual({});
});
