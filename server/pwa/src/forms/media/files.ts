// A file that is an answer: named so that no other has its name, its bytes counted and summed, and on the phone's disk before anyone is told so.
import type { MediaNote } from '../../data/documents.ts';
import { newId } from '../../data/identity.ts';
import { saveMedia } from '../../data/media.ts';
import { isStorageFull } from '../../data/storage.ts';
import { session } from '../../data/session.ts';
import { t, type Key } from '../../i18n/index.ts';

export const AUDIO_BYTES_MAX = 20_000_000;
export const AUDIO_SECONDS_MAX = 30 * 60;
export const VIDEO_BYTES_MAX = 50_000_000;
export const FILE_BYTES_MAX = 50_000_000;
export const PHOTO_BYTES_MAX = 60_000_000; // as it comes from the camera; what is kept is far smaller

const EXTENSION_OF_TYPE: Record<string, string> = {
  'image/jpeg': 'jpg', 'image/png': 'png', 'audio/webm': 'weba', 'audio/mp4': 'm4a', 'audio/mpeg': 'mp3', 'audio/ogg': 'ogg', 'audio/wav': 'wav', 'audio/x-wav': 'wav',
  'audio/aac': 'aac', 'audio/amr': 'amr', 'video/mp4': 'mp4', 'video/webm': 'webm', 'video/quicktime': 'mov', 'video/3gpp': '3gp', 'application/pdf': 'pdf', 'text/plain': 'txt', 'text/csv': 'csv',
};
const UNKNOWN_TYPE = 'application/octet-stream';
const NAME_CHARACTERS_MAX = 120;

export type WhyNot = 'empty' | 'too_large' | 'too_many_pixels' | 'not_an_image' | 'not_a_sound' | 'not_a_film' | 'wrong_type';

/** Why a file is not kept, to be said in words (`sentenceOf`). */
export class NotKept extends Error {
  override name = 'NotKept';
  constructor(
    readonly why: WhyNot,
    readonly values: Record<string, string | number> = {},
  ) {
    super(why);
  }
}

/** `original`: the name that the person knows the file by. */
export interface Made {
  blob: Blob;
  original?: string;
}

export async function keepFile({ blob, original }: Made, question: { name: string; path: string }): Promise<MediaNote> {
  if (blob.size === 0) throw new NotKept('empty');
  const type = typeOf(blob);
  const note: MediaNote = {
    question: question.path,
    name: `${question.name}-${newId().toLowerCase()}.${extensionOf(type, original)}`,
    type,
    bytes: blob.size,
    sha256: await sha256(blob),
    ...(original ? { original: [...original].slice(-NAME_CHARACTERS_MAX).join('') } : {}),
  };
  await saveMedia({ ...note, blob: blob.type === type ? blob : blob.slice(0, blob.size, type) });
  return note;
}

/** Checks a chosen file's size before anything is done with it. */
export function checkSize(file: Blob, bytesMax: number): void {
  if (file.size === 0) throw new NotKept('empty');
  if (file.size > bytesMax) throw new NotKept('too_large', { megabytes: megabytes(file.size), most: megabytes(bytesMax) });
}

/** The least of ours and what the centre takes. */
export function bytesMaxOf(ours: number): number {
  return Math.min(ours, session()?.settings?.attachment_bytes_max ?? ours);
}

export function megabytes(bytes: number): number {
  return bytes < 10_000_000 ? Math.max(0.1, Math.round(bytes / 100_000) / 10) : Math.round(bytes / 1_000_000);
}

/** What the person is told, in the language shown. */
export function sentenceOf(error: unknown): string {
  if (error instanceof NotKept) return t(`form.media.${error.why}` satisfies Key, error.values);
  if (isStorageFull(error)) return t('storage.full');
  return t('form.media.failed', { reason: (error as Error).message });
}

/** Without its parameters: "audio/webm;codecs=opus" is "audio/webm". */
export function typeOf(blob: Blob): string {
  const type = blob.type.split(';')[0]!.trim().toLowerCase();
  return /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/.test(type) && type.length <= NAME_CHARACTERS_MAX ? type : UNKNOWN_TYPE;
}

export function extensionOf(type: string, original = ''): string {
  return EXTENSION_OF_TYPE[type] ?? /\.([a-z0-9]{1,8})$/i.exec(original)?.[1]?.toLowerCase() ?? 'bin';
}

async function sha256(blob: Blob): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
