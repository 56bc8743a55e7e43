// The phone's own desk: session, drafts, photos not yet sent, small settings. Never replicated.
// A promise that resolves means: on the disk (durability "strict"), not only on the way to it.
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { Draft, StoredMedia } from '../forms-contract.ts';

const DESK_NAME = 'doorstep';
const DESK_VERSION = 1;

interface Desk extends DBSchema {
  settings: { key: string; value: unknown };
  drafts: { key: string; value: Draft };
  media: { key: string; value: StoredMedia };
}

/** Every read-write transaction of this page waits for the disk; the default only for the system's memory. Call once, first of all. */
export function writeStrictly(): void {
  const proto = IDBDatabase.prototype;
  const relaxed = proto.transaction;
  proto.transaction = function (this: IDBDatabase, names: string | string[], mode?: IDBTransactionMode, options?: IDBTransactionOptions) {
    return mode === 'readwrite' ? relaxed.call(this, names, mode, { ...options, durability: 'strict' }) : relaxed.call(this, names, mode, options);
  } as typeof relaxed;
}

let opened: Promise<IDBPDatabase<Desk>> | null = null;

export function desk(): Promise<IDBPDatabase<Desk>> {
  opened ??= openDB<Desk>(DESK_NAME, DESK_VERSION, {
    upgrade(database) {
      database.createObjectStore('settings');
      database.createObjectStore('drafts', { keyPath: 'id' });
      database.createObjectStore('media', { keyPath: 'name' });
    },
    terminated() {
      opened = null;
    },
  });
  return opened;
}

export async function readSetting<T>(name: string): Promise<T | undefined> {
  return (await (await desk()).get('settings', name)) as T | undefined;
}

export async function writeSetting(name: string, value: unknown): Promise<void> {
  const transaction = (await desk()).transaction('settings', 'readwrite');
  await transaction.store.put(value, name);
  await transaction.done;
}

export async function removeSetting(name: string): Promise<void> {
  const transaction = (await desk()).transaction('settings', 'readwrite');
  await transaction.store.delete(name);
  await transaction.done;
}

/** Everything of the worker who hands in and signs out. */
export async function clearDesk(): Promise<void> {
  const transaction = (await desk()).transaction(['settings', 'drafts', 'media'], 'readwrite');
  await Promise.all([transaction.objectStore('settings').clear(), transaction.objectStore('drafts').clear(), transaction.objectStore('media').clear()]);
  await transaction.done;
}
