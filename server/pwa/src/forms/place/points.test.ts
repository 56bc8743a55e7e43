import { describe, expect, test } from 'vitest';
import { readTyped } from '../typed.ts';
import { areaSquareMetres, cornersOf, lengthMetres, metresBetween, pointOf, textOfCorners, textOfPoint } from './points.ts';

const at = (latitude: number, longitude: number) => ({ latitude, longitude });
// A field of 0.001° a side at the equator: 111.3 m.
const FIELD = [at(0, 0), at(0, 0.001), at(0.001, 0.001), at(0.001, 0)];

test('a position is its four numbers, to a centimetre', () => {
  expect(textOfPoint({ latitude: 29.841234567, longitude: 114.32, altitude: 31.04, accuracy: 6.52 })).toBe('29.8412346 114.32 31 6.5');
  expect(textOfPoint(at(29, -114))).toBe('29 -114 0 0');
  expect(pointOf('29.84 114.32 31 6.5')).toEqual({ latitude: 29.84, longitude: 114.32, altitude: 31, accuracy: 6.5 });
  expect(pointOf('91 0')).toBeNull();
  expect(pointOf('here')).toBeNull();
  expect(pointOf('')).toBeNull();
});

describe('a shape', () => {
  test('closes by itself once it has three corners, and opens again to go on', () => {
    expect(textOfCorners(FIELD.slice(0, 2), 'shape')).toBe('0 0 0 0;0 0.001 0 0');
    const closed = textOfCorners(FIELD, 'shape');
    expect(closed.split(';')).toHaveLength(5);
    expect(closed.split(';')[4]).toBe('0 0 0 0');
    expect(cornersOf(closed, 'shape')).toHaveLength(4);
  });
  test('a line that ends where it began keeps its last point', () => {
    expect(cornersOf('0 0 0 0;0 1 0 0;0 0 0 0', 'line')).toHaveLength(3);
  });
  test('is measured as the form engine does: 111.3 m by 111.3 m', () => {
    expect(metresBetween(FIELD[0]!, FIELD[1]!)).toBeCloseTo(111.32, 1);
    expect(lengthMetres(FIELD)).toBeCloseTo(333.95, 1);
    expect(lengthMetres(FIELD, true)).toBeCloseTo(445.27, 1);
    expect(areaSquareMetres(FIELD)).toBeCloseTo(12_392, 0);
    expect(areaSquareMetres(FIELD.slice(0, 2))).toBe(0);
  });
});

test('too few points are kept as typed and are no answer yet', () => {
  expect(readTyped('geotrace', '0 0 0 0')).toEqual({ problem: 'too_few_points' });
  expect(readTyped('geotrace', '0 0 0 0;0 1 0 0')).toEqual({ text: '0 0 0 0;0 1 0 0' });
  expect(readTyped('geoshape', '0 0 0 0;0 1 0 0')).toEqual({ problem: 'too_few_points' });
  expect(readTyped('geoshape', textOfCorners(FIELD, 'shape'))).toEqual({ text: textOfCorners(FIELD, 'shape') });
  expect(readTyped('geotrace', '')).toEqual({ text: '' });
  expect(readTyped('geotrace', '0 0;a b')).toEqual({ problem: 'not_a_position' });
});
