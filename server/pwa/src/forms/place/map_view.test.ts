import { expect, test } from 'vitest';
import { fit, fromScreen, gridOf, metresPerPixel, moved, tilesOf, toScreen, zoomed } from './map_view.ts';

const SIZE = { width: 360, height: 288 };
const XIANNING = { latitude: 29.84, longitude: 114.32 };
const view = { ...XIANNING, zoom: 17 };

test('a point on the screen is the same point on the earth', () => {
  expect(toScreen(XIANNING, view, SIZE)).toEqual({ x: 180, y: 144 });
  const back = fromScreen(toScreen({ latitude: 29.841, longitude: 114.323 }, view, SIZE), view, SIZE);
  expect(back.latitude).toBeCloseTo(29.841, 9);
  expect(back.longitude).toBeCloseTo(114.323, 9);
});

test('all points fit, with room around them; one alone is seen from near', () => {
  const points = [XIANNING, { latitude: 29.845, longitude: 114.33 }];
  const fitted = fit(points, SIZE)!;
  for (const point of points) {
    const { x, y } = toScreen(point, fitted, SIZE);
    expect(x).toBeGreaterThanOrEqual(35);
    expect(x).toBeLessThanOrEqual(325);
    expect(y).toBeGreaterThanOrEqual(35);
    expect(y).toBeLessThanOrEqual(253);
  }
  expect(fit([XIANNING], SIZE)!.zoom).toBe(18);
  expect(fit([], SIZE)).toBeNull();
});

test('the map moves with the finger, and what is under two fingers stays there', () => {
  const before = toScreen(XIANNING, view, SIZE);
  const after = toScreen(XIANNING, moved(view, { x: 50, y: -20 }, SIZE), SIZE);
  expect([after.x - before.x, after.y - before.y].map(Math.round)).toEqual([50, -20]);
  const spot = { x: 40, y: 60 };
  const under = fromScreen(spot, view, SIZE);
  const kept = toScreen(under, zoomed(view, 1.5, SIZE, spot), SIZE);
  expect(kept.x).toBeCloseTo(40, 3);
  expect(kept.y).toBeCloseTo(60, 3);
});

test('the grid is of round metres, and a square is as wide as it says', () => {
  const grid = gridOf(view, SIZE, XIANNING);
  expect(grid.metres).toBe(100);
  expect(grid.xs).toContainEqual(expect.closeTo(180, 6)); // a line through the first point
  expect((grid.xs[1]! - grid.xs[0]!) * metresPerPixel(view)).toBeCloseTo(100, 6);
  expect(gridOf({ ...view, zoom: 21 }, SIZE, XIANNING).metres).toBe(5);
});

test('the pictures cover the view, and beyond the nearest zoom they are enlarged', () => {
  const tiles = tilesOf(view, SIZE, { zoom_min: 10, zoom_max: 18 });
  expect(tiles.every(({ z, side }) => z === 17 && side === 256)).toBe(true);
  expect(Math.min(...tiles.map(({ left }) => left))).toBeLessThanOrEqual(0);
  expect(Math.max(...tiles.map(({ left, side }) => left + side))).toBeGreaterThanOrEqual(SIZE.width);
  const [one] = tilesOf({ ...view, zoom: 19 }, SIZE, { zoom_min: 10, zoom_max: 17 });
  expect([one!.z, one!.side]).toEqual([17, 1024]);
});
