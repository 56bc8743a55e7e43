import { describe, expect, test } from 'vitest';
import { accepts } from './accept.ts';
import { extensionOf, megabytes, typeOf } from './files.ts';
import { scaled, sideOf } from './photos.ts';
import { bitsOf, clockOf, loudness } from './recording.ts';
import { draw, extend, type Stroke } from './strokes.ts';

test('a photo is made small on its longer side, by the question or by ours', () => {
  expect(scaled(4000, 3000)).toEqual({ width: 1600, height: 1200 });
  expect(scaled(300, 900)).toEqual({ width: 300, height: 900 });
  expect(scaled(10_000, 2, 1000)).toEqual({ width: 1000, height: 1 });
  expect([sideOf({ 'max-pixels': '800' }), sideOf({ 'max-pixels': 'many' }), sideOf(undefined), sideOf({ 'max-pixels': '1' })]).toEqual([800, 1600, 1600, 64]);
});

test('a file is called by its type, else by the ending that it came with', () => {
  expect(typeOf(new Blob(['x'], { type: 'audio/webm;codecs=opus' }))).toBe('audio/webm');
  expect(typeOf(new Blob(['x'], { type: '' }))).toBe('application/octet-stream');
  expect([extensionOf('audio/mp4'), extensionOf('application/zip', 'List of May.ZIP'), extensionOf('application/octet-stream', '名单'), extensionOf('', 'x.<b>')]).toEqual(['m4a', 'zip', 'bin', 'bin']);
  expect([megabytes(1), megabytes(1_250_000), megabytes(50_000_000)]).toEqual([0.1, 1.3, 50]);
});

describe('what a file question takes', () => {
  test.each([
    ['.pdf', 'Paper.PDF', '', true],
    ['.pdf, image/*', 'door.jpg', 'image/jpeg', true],
    ['.pdf', 'door.jpg', 'image/jpeg', false],
    ['application/pdf', 'x', 'application/pdf', true],
    ['image/*', 'x', 'imagery/x', false],
    [undefined, 'anything', '', true],
  ])('%s takes %s %s: %s', (accept, name, type, taken) => expect(accepts(accept, { name, type })).toBe(taken));
});

test('silence shows no loudness, a full voice all of it', () => {
  expect(loudness(new Float32Array(512))).toBe(0);
  expect(loudness(new Float32Array(512).fill(1))).toBe(1);
  expect(loudness(Float32Array.from({ length: 512 }, (_, index) => 0.1 * Math.sin(index / 5)))).toBeCloseTo(0.62, 1);
  expect([bitsOf({ quality: 'normal' }), bitsOf({ quality: 'voice-only' }), bitsOf(undefined)]).toEqual([64_000, 16_000, 24_000]);
  expect([clockOf(0), clockOf(75.9), clockOf(600)]).toEqual(['0:00', '1:15', '10:00']);
});

test('a stroke leaves out the trembling of a hand, and a tap is a dot', () => {
  const stroke: Stroke = { colour: '#000', width: 9, points: [] };
  expect([{ x: 10, y: 10 }, { x: 11, y: 10 }, { x: 20, y: 10 }, { x: 30, y: 20 }].map((point) => extend(stroke, point))).toEqual([true, false, true, true]);
  const told: string[] = [];
  const pen = new Proxy({} as never, { get: (_, name) => (...values: number[]) => told.push(`${String(name)} ${values.slice(0, 4).join(' ')}`), set: () => true });
  draw(pen, stroke);
  expect(told.map((line) => line.trim())).toEqual(['beginPath', 'moveTo 10 10', 'quadraticCurveTo 20 10 25 15', 'lineTo 30 20', 'stroke']);
  told.length = 0;
  draw(pen, { ...stroke, points: [{ x: 5, y: 5 }] });
  expect(told.map((line) => line.trim())).toEqual(['beginPath', 'arc 5 5 4.5 0', 'fill']);
});
