// Forms begun and not finished. The runner saves at every page; a phone that dies loses no page.
import { createSignal } from 'solid-js';
import type { Draft } from '../forms-contract.ts';
import { desk } from './desk.ts';

const [drafts, setDrafts] = createSignal<Draft[]>([]);
/** All drafts, newest first (without a re-read). */
export { drafts };

export async function loadDrafts(): Promise<void> {
  const all = await (await desk()).getAll('drafts');
  setDrafts(all.sort((a, b) => b.updated_at.localeCompare(a.updated_at)));
}

export async function saveDraft(draft: Draft): Promise<void> {
  const transaction = (await desk()).transaction('drafts', 'readwrite');
  await transaction.store.put(draft);
  await transaction.done;
  setDrafts([draft, ...drafts().filter((other) => other.id !== draft.id)]);
}

export async function readDraft(id: string): Promise<Draft | undefined> {
  return (await desk()).get('drafts', id);
}

export async function removeDraft(id: string): Promise<void> {
  const transaction = (await desk()).transaction('drafts', 'readwrite');
  await transaction.store.delete(id);
  await transaction.done;
  setDrafts(drafts().filter((draft) => draft.id !== id));
}
