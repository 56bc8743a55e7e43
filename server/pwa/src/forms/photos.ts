// A photo from the camera: made small, named so that no other has its name, and on the phone's disk before anyone is told so.
import type { MediaNote } from '../data/documents.ts';
import { saveMedia } from '../data/media.ts';
import { newId } from '../data/identity.ts';

const PHOTO_SIDE_PIXELS_MAX = 1600;
const PHOTO_QUALITY = 0.8;
const PHOTO_TYPE = 'image/jpeg';

export async function keepPhoto(file: Blob, question: { name: string; path: string }): Promise<MediaNote> {
  const blob = await smaller(file);
  const note: MediaNote = {
    question: question.path,
    name: `${question.name}-${newId().toLowerCase()}.jpg`,
    type: PHOTO_TYPE,
    bytes: blob.size,
    sha256: await sha256(blob),
  };
  await saveMedia({ ...note, blob });
  return note;
}

async function smaller(file: Blob): Promise<Blob> {
  // 'from-image' turns the picture as the camera says; the note that says so is not kept, nor where it was taken.
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' });
  const { width, height } = scaled(picture.width, picture.height);
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')!.drawImage(picture, 0, 0, width, height);
  picture.close();
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the photo could not be made smaller'))), PHOTO_TYPE, PHOTO_QUALITY),
  );
}

/** The size of a photo whose longer side is PHOTO_SIDE_PIXELS_MAX at most; a small one stays as it is. */
export function scaled(width: number, height: number): { width: number; height: number } {
  const scale = Math.min(1, PHOTO_SIDE_PIXELS_MAX / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

async function sha256(blob: Blob): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
