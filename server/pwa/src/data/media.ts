// Photos, sounds, videos and files of forms: kept on the phone's desk by file name, sent after the text (send_media.ts), and
// kept a week longer, so that a returned form can be mended with its photo in view.
import type { Draft, StoredMedia } from '../forms-contract.ts';
import { desk } from './desk.ts';
import type { SubmissionDocument } from './documents.ts';

const KEEP_SENT_DAYS = 7;

export interface KeptMedia extends StoredMedia {
  sent_at?: number;
}

// While a form is only tried: nothing of it may reach the disk, and there may be nobody whose drawer it could lie in.
let tried: Map<string, StoredMedia> | null = null;

/** From here on photos are kept in memory alone, until the function that it gives is called. */
export function keepMediaInMemory(): () => void {
  const mine = new Map<string, StoredMedia>();
  tried = mine;
  return () => {
    if (tried === mine) tried = null;
  };
}

export async function saveMedia(media: StoredMedia): Promise<void> {
  if (tried) return void tried.set(media.name, media);
  const transaction = (await desk()).transaction('media', 'readwrite');
  await transaction.store.put(media);
  await transaction.done;
}

export async function readMedia(name: string): Promise<StoredMedia | undefined> {
  if (tried) return tried.get(name);
  return (await desk()).get('media', name);
}

export async function removeMedia(name: string): Promise<void> {
  if (tried) return void tried.delete(name);
  const transaction = (await desk()).transaction('media', 'readwrite');
  await transaction.store.delete(name);
  await transaction.done;
}

/** Photos of finished forms that the server does not have yet, each with its submission. A draft's photos stay where they are. */
export async function unsentMedia(submissions: SubmissionDocument[]): Promise<(KeptMedia & { submission: string })[]> {
  const owner = new Map(submissions.flatMap((submission) => submission.media.map(({ name }) => [name, submission._id] as const)));
  const all: KeptMedia[] = await (await desk()).getAll('media');
  return all.flatMap((media) => {
    const submission = owner.get(media.name);
    return submission !== undefined && media.sent_at === undefined ? [{ ...media, submission }] : [];
  });
}

/** Photos of forms that were begun and not finished, each with its draft: wanted only where the whole phone is handed in. */
export async function draftMedia(drafts: Draft[]): Promise<(KeptMedia & { submission: string })[]> {
  const owner = new Map(drafts.flatMap((draft) => ((draft.state as { media?: { name: string }[] } | null)?.media ?? []).map(({ name }) => [name, `draft:${draft.id}`] as const)));
  const all: KeptMedia[] = await (await desk()).getAll('media');
  return all.flatMap((media) => {
    const draft = owner.get(media.name);
    return draft !== undefined && media.sent_at === undefined ? [{ ...media, submission: draft }] : [];
  });
}

export async function markSent(name: string): Promise<void> {
  const transaction = (await desk()).transaction('media', 'readwrite');
  const media = await transaction.store.get(name);
  if (media) await transaction.store.put({ ...media, sent_at: Date.now() } as KeptMedia);
  await transaction.done;
}

export async function removeOldSentMedia(now: number): Promise<void> {
  const transaction = (await desk()).transaction('media', 'readwrite');
  for (const media of (await transaction.store.getAll()) as KeptMedia[])
    if (media.sent_at !== undefined && now - media.sent_at > KEEP_SENT_DAYS * 86_400_000) await transaction.store.delete(media.name);
  await transaction.done;
}
