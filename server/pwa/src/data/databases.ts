// The phone's replicated databases: forms, one per area, and the worker's inbox. One set per worker, so that what one
// worker has not sent outlives another's sign-in on the same phone.
import HttpAdapter from 'pouchdb-adapter-http';
import IdbAdapter from 'pouchdb-adapter-idb';
import PouchDB from 'pouchdb-core';
import Replication from 'pouchdb-replication';
import type { ReceiptDocument, SubmissionDocument } from './documents.ts';

const IDB_PREFIX = '_pouch_'; // PouchDB's, before the names of its IndexedDB databases

PouchDB.plugin(IdbAdapter).plugin(HttpAdapter).plugin(Replication);

export type Database<T extends object = object> = PouchDB.Database<T>;
export type InboxDocument = SubmissionDocument | ReceiptDocument;

export interface Databases {
  worker: string;
  forms: Database;
  inbox: Database<InboxDocument>;
  areas: Map<string, Database>; // by the name of the database at the centre: area-g0311
}

/** `adapter` is "idb" on a phone; tests give "memory". */
export function openDatabases(worker: string, areas: string[], adapter = 'idb'): Databases {
  const open = <T extends object>(name: string) => openOne<T>(worker, name, adapter);
  return { worker, forms: open('forms'), inbox: open<InboxDocument>('inbox'), areas: new Map(areas.map((name) => [name, open(name)])) };
}

/** After a sign-in with other areas: opens what is new and destroys what this worker may no longer hold. */
export async function reassignAreas(databases: Databases, areas: string[], adapter = 'idb'): Promise<boolean> {
  let changed = false;
  for (const name of areas) {
    if (databases.areas.has(name)) continue;
    databases.areas.set(name, openOne(databases.worker, name, adapter));
    changed = true;
  }
  for (const [name, database] of databases.areas) {
    if (areas.includes(name)) continue;
    databases.areas.delete(name);
    await database.destroy();
    changed = true;
  }
  return changed;
}

/** The copy at the centre. `fetch` is the session's: it signs every request and refreshes the token. */
export function remote<T extends object = object>(url: string, fetch: typeof globalThis.fetch): Database<T> {
  return new PouchDB<T>(url, { skip_setup: true, fetch } as PouchDB.Configuration.RemoteDatabaseConfiguration);
}

/** Everything of this worker, also what a wipe that was cut short has left on the disk. */
export async function destroyAll(databases: Databases): Promise<void> {
  for (const database of [databases.forms, databases.inbox, ...databases.areas.values()]) await database.destroy();
  for (const name of await namesOnDisk(databases.worker)) await openOne(databases.worker, name, 'idb').destroy();
}

/** The areas whose copies lie on this phone, whether they are this worker's still or not. */
export async function areasOnDisk(worker: string): Promise<string[]> {
  return (await namesOnDisk(worker)).filter((name) => name.startsWith('area-'));
}

async function namesOnDisk(worker: string): Promise<string[]> {
  const start = `${IDB_PREFIX}doorstep/${worker}/`;
  const all = (await globalThis.indexedDB?.databases?.()) ?? [];
  return all.flatMap(({ name }) => (name?.startsWith(start) ? [name.slice(start.length)] : []));
}

export async function readLocal<T extends object>(database: Database<object>, id: string): Promise<(T & { _rev: string }) | null> {
  try {
    return (await database.get(`_local/${id}`)) as unknown as T & { _rev: string };
  } catch (error) {
    if ((error as { status?: number }).status === 404) return null;
    throw error;
  }
}

export async function writeLocal(database: Database<object>, id: string, body: object): Promise<void> {
  const before = await readLocal<object>(database, id);
  await database.put({ ...body, _id: `_local/${id}`, ...(before ? { _rev: before._rev } : {}) } as never);
}

function openOne<T extends object>(worker: string, name: string, adapter: string): Database<T> {
  return new PouchDB<T>(`doorstep/${worker}/${name}`, { adapter, auto_compaction: true, revs_limit: 10 } as never);
}
