// The phone's own desk, never replicated: who is signed in and small settings for the whole phone; drafts and photos in a
// drawer for each worker, so that one who signs in neither sees nor clears what another left.
// A promise that resolves means: on the disk (durability "strict"), not only on the way to it.
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { Draft, StoredMedia } from '../forms-contract.ts';

const DESK_VERSION = 1;

interface Settings extends DBSchema {
  settings: { key: string; value: unknown };
}
interface Drawer extends DBSchema {
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

let settings: Promise<IDBPDatabase<Settings>> | null = null;
let drawer: { worker: string; database: Promise<IDBPDatabase<Drawer>> } | null = null;

/** Whose drafts and photos `desk()` holds from now on. */
export function openDrawer(worker: string): void {
  if (drawer?.worker === worker) return;
  void drawer?.database.then((database) => database.close());
  drawer = {
    worker,
    database: openDB<Drawer>(`doorstep/${worker}/desk`, DESK_VERSION, {
      upgrade(database) {
        database.createObjectStore('drafts', { keyPath: 'id' });
        database.createObjectStore('media', { keyPath: 'name' });
      },
    }),
  };
}

export function desk(): Promise<IDBPDatabase<Drawer>> {
  if (!drawer) throw new Error('desk() before sign-in');
  return drawer.database;
}

/** Everything in the drawer of the worker who hands in and signs out. */
export async function clearDrawer(): Promise<void> {
  const transaction = (await desk()).transaction(['drafts', 'media'], 'readwrite');
  await Promise.all([transaction.objectStore('drafts').clear(), transaction.objectStore('media').clear()]);
  await transaction.done;
}

export async function readSetting<T>(name: string): Promise<T | undefined> {
  return (await (await settingsDatabase()).get('settings', name)) as T | undefined;
}

export async function writeSetting(name: string, value: unknown): Promise<void> {
  const transaction = (await settingsDatabase()).transaction('settings', 'readwrite');
  await transaction.store.put(value, name);
  await transaction.done;
}

export async function removeSetting(name: string): Promise<void> {
  const transaction = (await settingsDatabase()).transaction('settings', 'readwrite');
  await transaction.store.delete(name);
  await transaction.done;
}

function settingsDatabase(): Promise<IDBPDatabase<Settings>> {
  settings ??= openDB<Settings>('doorstep', DESK_VERSION, {
    upgrade(database) {
      database.createObjectStore('settings');
    },
    terminated() {
      settings = null;
    },
  });
  return settings;
}
