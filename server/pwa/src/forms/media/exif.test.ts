import { describe, expect, test } from 'vitest';
import { positionOf, sizeOf, withPosition } from './exif.ts';

const segment = (marker: number, body: number[]) => [0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 0xff, ...body];
const SOF = segment(0xc0, [8, 0x03, 0x20, 0x04, 0xb0, 3]); // 800 lines of 1200
const JPEG = Uint8Array.from([0xff, 0xd8, ...segment(0xe0, [74, 70, 73, 70, 0]), ...SOF, 0xff, 0xda, 0, 2, 1, 2, 3, 0xff, 0xd9]);

// As a phone writes it: little end first, the directory of the position behind another entry.
function cameraPhoto(): Uint8Array {
  const long = (n: number) => [n & 255, (n >> 8) & 255, (n >> 16) & 255, (n >> 24) & 255];
  const short = (n: number) => [n & 255, (n >> 8) & 255];
  const entry = (tag: number, type: number, count: number, value: number[]) => [...short(tag), ...short(type), ...long(count), ...value];
  const gps = 8 + 2 + 24 + 4;
  const values = gps + 2 + 6 * 12 + 4;
  const tiff = [
    0x49, 0x49, 42, 0, ...long(8), ...short(2), ...entry(0x0112, 3, 1, [6, 0, 0, 0]), ...entry(0x8825, 4, 1, long(gps)), ...long(0),
    ...short(6), ...entry(1, 2, 2, [0x53, 0, 0, 0]), ...entry(2, 5, 3, long(values)), ...entry(3, 2, 2, [0x45, 0, 0, 0]), ...entry(4, 5, 3, long(values + 24)),
    ...entry(5, 1, 1, [1, 0, 0, 0]), ...entry(6, 5, 1, long(values + 48)), ...long(0),
    ...[29, 1, 50, 1, 2412, 100, 114, 1, 19, 1, 1200, 100, 325, 10].flatMap(long),
  ];
  return Uint8Array.from([0xff, 0xd8, ...segment(0xe1, [69, 120, 105, 102, 0, 0, ...tiff]), ...JPEG.slice(2)]);
}

describe('where a photo was taken', () => {
  test('is read from what a camera writes, south and below the sea too', () => {
    const { latitude, longitude, altitude } = positionOf(cameraPhoto())!;
    expect(latitude).toBeCloseTo(-(29 + 50 / 60 + 24.12 / 3600), 9);
    expect(longitude).toBeCloseTo(114 + 19 / 60 + 12 / 3600, 9);
    expect(altitude).toBe(-32.5);
  });
  test.each([{ latitude: 29.8412345, longitude: -114.3212345, altitude: 31.25 }, { latitude: -0.0000003, longitude: 179.9999999 }, { latitude: 59.99999999, longitude: 0 }])('is written so that it is read again: %o', (position) => {
    const marked = withPosition(JPEG, position);
    const read = positionOf(marked)!;
    expect(read.latitude).toBeCloseTo(position.latitude, 6);
    expect(read.longitude).toBeCloseTo(position.longitude, 6);
    expect(read.altitude).toBe(position.altitude);
    expect(sizeOf(marked)).toEqual({ width: 1200, height: 800 });
  });
  test('is not there in a picture without it, nor in broken ones', () => {
    expect(positionOf(JPEG)).toBeNull();
    const photo = cameraPhoto();
    for (let length = 0; length < photo.length; length += 7) expect(() => positionOf(photo.slice(0, length))).not.toThrow();
    for (let at = 2; at < 180; at++) {
      const broken = photo.slice();
      broken[at] = 0xff;
      expect(() => positionOf(broken)).not.toThrow();
    }
  });
});

test('the size is in the head of a JPEG or a PNG', () => {
  expect(sizeOf(JPEG)).toEqual({ width: 1200, height: 800 });
  const png = new Uint8Array(33);
  png.set([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 9, 96, 0, 0, 4, 176]);
  expect(sizeOf(png)).toEqual({ width: 2400, height: 1200 });
  expect(sizeOf(new TextEncoder().encode('not a picture at all, but text'))).toBeNull();
});
