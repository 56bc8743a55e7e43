// How much of the phone's storage is used, and whether the system may clear it.
export interface StorageUse {
  used: number;
  quota: number;
  persistent: boolean;
}

export async function storageUse(): Promise<StorageUse> {
  const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {};
  return { used: usage, quota, persistent: (await navigator.storage?.persisted?.()) ?? false };
}

/** Asks the system never to clear our data by itself. Browsers grant it in silence or not at all. */
export async function askToPersist(): Promise<boolean> {
  return (await navigator.storage?.persisted?.()) || ((await navigator.storage?.persist?.()) ?? false);
}

export function isStorageFull(error: unknown): boolean {
  const { name, reason } = (error ?? {}) as { name?: string; reason?: string };
  return name === 'QuotaExceededError' || /quota/i.test(String(reason ?? ''));
}
