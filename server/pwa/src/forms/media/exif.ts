// What a camera's file says of itself: how large the picture is, and where it was taken; and that place written into a picture of ours.
// JPEG is a row of segments (FF xx length …); EXIF is a small TIFF in the segment APP1, whose directory 0x8825 holds the position. Pure.

export interface PhotoPosition {
  latitude: number;
  longitude: number;
  altitude?: number;
}

const APP1 = 0xe1;
const START_OF_SCAN = 0xda;
const EXIF = [0x45, 0x78, 0x69, 0x66, 0, 0]; // "Exif\0\0"
const GPS_DIRECTORY = 0x8825;
const GPS = { latitudeRef: 1, latitude: 2, longitudeRef: 3, longitude: 4, altitudeRef: 5, altitude: 6 } as const;
const TYPE = { byte: 1, ascii: 2, long: 4, rational: 5 } as const;
const ENTRIES_MAX = 200; // of one directory; more is no camera's
const SECOND_PARTS = 10_000; // 0.0001 of a second is 3 mm
const CENTIMETRES = 100;

/** Width and height as a JPEG's or PNG's head has them; null of anything else. */
export function sizeOf(bytes: Uint8Array): { width: number; height: number } | null {
  const view = viewOf(bytes);
  if (bytes.length > 24 && view.getUint32(0) === 0x89504e47) return { width: view.getUint32(16), height: view.getUint32(20) };
  for (const { marker, start, length } of segments(bytes))
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc && length >= 5) return { width: view.getUint16(start + 3), height: view.getUint16(start + 1) };
  return null;
}

/** Where the photo was taken; null when it does not say, or not so that it can be believed. */
export function positionOf(jpeg: Uint8Array): PhotoPosition | null {
  for (const { marker, start, length } of segments(jpeg))
    if (marker === APP1 && EXIF.every((byte, index) => jpeg[start + index] === byte))
      try {
        return positionIn(jpeg.subarray(start + EXIF.length, start + length));
      } catch {
        return null; // a directory that points outside itself
      }
  return null;
}

/** The same JPEG with this position in it. */
export function withPosition(jpeg: Uint8Array, position: PhotoPosition): Uint8Array {
  const body = [...EXIF, ...tiffOf(position)];
  const length = body.length + 2;
  const made = new Uint8Array(jpeg.length + body.length + 4);
  made.set(jpeg.subarray(0, 2)); // FF D8: EXIF comes right after it
  made.set([0xff, APP1, length >> 8, length & 0xff, ...body], 2);
  made.set(jpeg.subarray(2), 2 + body.length + 4);
  return made;
}

function* segments(bytes: Uint8Array): Generator<{ marker: number; start: number; length: number }> {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return;
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1]!;
    const length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    if (marker === START_OF_SCAN || length < 2 || at + 2 + length > bytes.length) return;
    yield { marker, start: at + 4, length: length - 2 };
    at += 2 + length;
  }
}

function positionIn(tiff: Uint8Array): PhotoPosition | null {
  const view = viewOf(tiff);
  const little = view.getUint16(0) === 0x4949;
  const main = directory(view, view.getUint32(4, little), little);
  const pointer = main.get(GPS_DIRECTORY);
  if (!pointer) return null;
  const gps = directory(view, view.getUint32(pointer.at, little), little);
  const degrees = (tag: number): number => {
    const parts = rationals(view, gps.get(tag), little);
    return parts.length === 3 ? parts[0]! + parts[1]! / 60 + parts[2]! / 3600 : NaN;
  };
  const letter = (tag: number): string => {
    const entry = gps.get(tag);
    return entry ? String.fromCharCode(view.getUint8(entry.at)) : '';
  };
  const latitude = degrees(GPS.latitude) * (letter(GPS.latitudeRef) === 'S' ? -1 : 1);
  const longitude = degrees(GPS.longitude) * (letter(GPS.longitudeRef) === 'W' ? -1 : 1);
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) return null;
  const below = gps.get(GPS.altitudeRef);
  const [height] = rationals(view, gps.get(GPS.altitude), little);
  return height === undefined || !Number.isFinite(height) ? { latitude, longitude } : { latitude, longitude, altitude: below && view.getUint8(below.at) === 1 ? -height : height };
}

interface Entry {
  type: number;
  count: number;
  /** where its value stands, in the entry itself or elsewhere */
  at: number;
}

function directory(view: DataView, start: number, little: boolean): Map<number, Entry> {
  const entries = new Map<number, Entry>();
  const count = Math.min(view.getUint16(start, little), ENTRIES_MAX);
  for (let index = 0; index < count; index++) {
    const at = start + 2 + index * 12;
    const type = view.getUint16(at + 2, little);
    const number = view.getUint32(at + 4, little);
    const bytes = number * (type === TYPE.rational ? 8 : type === TYPE.long ? 4 : 1);
    entries.set(view.getUint16(at, little), { type, count: number, at: bytes > 4 ? view.getUint32(at + 8, little) : at + 8 });
  }
  return entries;
}

function rationals(view: DataView, entry: Entry | undefined, little: boolean): number[] {
  if (!entry || entry.type !== TYPE.rational || entry.count > 3) return [];
  return Array.from({ length: entry.count }, (_, index) => view.getUint32(entry.at + index * 8, little) / view.getUint32(entry.at + index * 8 + 4, little));
}

/** A TIFF, big end first, with a main directory of one entry and behind it the position's. */
function tiffOf({ latitude, longitude, altitude }: PhotoPosition): number[] {
  const tags = altitude === undefined ? 4 : 6;
  const gpsAt = 8 + 2 + 12 + 4;
  const valuesAt = gpsAt + 2 + tags * 12 + 4;
  const entry = (tag: number, type: number, count: number, value: number[]) => [...short(tag), ...short(type), ...long(count), ...value];
  const head = [0x4d, 0x4d, 0, 42, ...long(8), ...short(1), ...entry(GPS_DIRECTORY, TYPE.long, 1, long(gpsAt)), ...long(0)];
  const gps = [
    ...short(tags),
    ...entry(GPS.latitudeRef, TYPE.ascii, 2, [latitude < 0 ? 0x53 : 0x4e, 0, 0, 0]),
    ...entry(GPS.latitude, TYPE.rational, 3, long(valuesAt)),
    ...entry(GPS.longitudeRef, TYPE.ascii, 2, [longitude < 0 ? 0x57 : 0x45, 0, 0, 0]),
    ...entry(GPS.longitude, TYPE.rational, 3, long(valuesAt + 24)),
    ...(altitude === undefined ? [] : [...entry(GPS.altitudeRef, TYPE.byte, 1, [altitude < 0 ? 1 : 0, 0, 0, 0]), ...entry(GPS.altitude, TYPE.rational, 1, long(valuesAt + 48))]),
    ...long(0),
  ];
  const height = altitude === undefined ? [] : [...long(Math.round(Math.abs(altitude) * CENTIMETRES)), ...long(CENTIMETRES)];
  return [...head, ...gps, ...sixtieths(latitude), ...sixtieths(longitude), ...height];
}

/** Degrees, minutes and seconds as three fractions. */
function sixtieths(degrees: number): number[] {
  const parts = Math.round(Math.abs(degrees) * 3600 * SECOND_PARTS);
  const whole = Math.floor(parts / (3600 * SECOND_PARTS));
  const minutes = Math.floor(parts / (60 * SECOND_PARTS)) % 60;
  return [...long(whole), ...long(1), ...long(minutes), ...long(1), ...long(parts % (60 * SECOND_PARTS)), ...long(SECOND_PARTS)];
}

function short(number: number): number[] {
  return [(number >> 8) & 0xff, number & 0xff];
}

function long(number: number): number[] {
  return [...short(number >>> 16), ...short(number & 0xffff)];
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
