import 'fake-indexeddb/auto';
import MemoryAdapter from 'pouchdb-adapter-memory';
import PouchDB from 'pouchdb-core';
import { expect, test } from 'vitest';
import { openDatabases } from './databases.ts';
import type { FormDocument } from './documents.ts';
import { formFile, NoSuchFormFile } from './form_files.ts';
import { formOf, openRecords } from './records.ts';

PouchDB.plugin(MemoryAdapter);
const VILLAGES = 'name,label\nv1,李家湾\n';
const base64 = btoa(String.fromCharCode(...new TextEncoder().encode(VILLAGES)));

test('a list of a form is read from the phone’s own copy of the form; one that did not come is named', async () => {
  const databases = openDatabases('w0042', [], 'memory');
  await databases.forms.put({ _id: 'form:f:1', type: 'form', form: 'f', version: '1', _attachments: { 'villages.csv': { content_type: 'text/csv', data: base64 } } } as never);
  await openRecords(databases);
  const form = formOf('f', '1')!;
  const found = await formFile(form, 'villages.csv');
  expect([await found.text(), found.type]).toEqual([VILLAGES, 'text/csv']);
  await expect(formFile(form, 'towns.csv')).rejects.toThrow(NoSuchFormFile);
});

test('a form that is tried carries its files in itself', async () => {
  const form = { _id: 'form:f:2', _attachments: { 'villages.csv': { content_type: 'text/csv', data: base64 } } } as unknown as FormDocument;
  expect(await (await formFile(form, 'villages.csv')).text()).toBe(VILLAGES);
});
