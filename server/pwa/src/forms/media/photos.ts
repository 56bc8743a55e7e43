// A photo from the camera: turned the right way, made small, and without the place it was taken at unless the deployment keeps that.
import { session } from '../../data/session.ts';
import { positionOf, sizeOf, withPosition } from './exif.ts';
import { checkSize, type Made, NotKept, PHOTO_BYTES_MAX } from './files.ts';

export const PHOTO_SIDE_PIXELS_MAX = 1600;
const SIDE_PIXELS = { least: 64, most: 8000 }; // of a form's own max-pixels
const PIXELS_MAX = 160_000_000; // beyond it a phone's memory gives out while the picture is opened
const PHOTO_QUALITY = 0.8;
const PHOTO_TYPE = 'image/jpeg';

export async function smallPhoto(file: Blob, sidePixelsMax = PHOTO_SIDE_PIXELS_MAX): Promise<Made> {
  checkSize(file, PHOTO_BYTES_MAX);
  const bytes = new Uint8Array(await file.arrayBuffer());
  const size = sizeOf(bytes);
  if (size && size.width * size.height > PIXELS_MAX) throw new NotKept('too_many_pixels', { millions: Math.round((size.width * size.height) / 1e6), most: PIXELS_MAX / 1e6 });
  const picture = await opened(file);
  const { width, height } = scaled(picture.width, picture.height, sidePixelsMax);
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext('2d')!;
  pen.fillStyle = '#ffffff'; // under what is see-through: JPEG would make it black
  pen.fillRect(0, 0, width, height);
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(picture, 0, 0, width, height);
  picture.close();
  const small = await canvasBlob(canvas, PHOTO_TYPE);
  const position = session()?.settings?.photo_position === 'keep' ? positionOf(bytes) : null;
  if (!position) return { blob: small };
  return { blob: new Blob([withPosition(new Uint8Array(await small.arrayBuffer()), position) as BlobPart], { type: PHOTO_TYPE }) };
}

/** A picture file as pixels, turned as its camera says. */
export async function opened(file: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch {
    throw new NotKept('not_an_image');
  }
}

export function canvasBlob(canvas: HTMLCanvasElement, type: string): Promise<Blob> {
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new NotKept('not_an_image'))), type, PHOTO_QUALITY));
}

/** The question's own `max-pixels`, or ours. */
export function sideOf(parameters: Record<string, string> | undefined): number {
  const said = Number(parameters?.['max-pixels']);
  return Number.isInteger(said) && said > 0 ? Math.min(Math.max(said, SIDE_PIXELS.least), SIDE_PIXELS.most) : PHOTO_SIDE_PIXELS_MAX;
}

/** The size of a photo whose longer side is this long at most; a small one stays as it is. */
export function scaled(width: number, height: number, sidePixelsMax = PHOTO_SIDE_PIXELS_MAX): { width: number; height: number } {
  const scale = Math.min(1, sidePixelsMax / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
