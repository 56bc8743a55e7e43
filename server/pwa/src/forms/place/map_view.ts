// Where a point lies on a map that is looked at from here: Web Mercator, as every map picture (256 pixels a side) is drawn. Pure.
import type { Point } from './points.ts';

export interface View {
  latitude: number;
  longitude: number;
  /** 0 shows the world in one picture; each step doubles; fractions between */
  zoom: number;
}
export interface Size {
  width: number;
  height: number;
}
export interface Spot {
  x: number;
  y: number;
}
export interface Tile {
  z: number;
  x: number;
  y: number;
  left: number;
  top: number;
  side: number;
}

const TILE_PIXELS = 256;
const EARTH_AROUND_METRES = 2 * Math.PI * 6_378_137; // the ellipsoid's that the pictures are drawn by
export const ZOOM = { least: 3, most: 21, alone: 18 };
const EDGE_PIXELS = 36; // kept free around what is fitted
const GRID_PIXELS_MIN = 56;
const TILES_MAX = 60;

export function toScreen(point: Pick<Point, 'latitude' | 'longitude'>, view: View, size: Size): Spot {
  const [at, centre] = [world(point, view.zoom), world(view, view.zoom)];
  return { x: at.x - centre.x + size.width / 2, y: at.y - centre.y + size.height / 2 };
}

export function fromScreen(spot: Spot, view: View, size: Size): { latitude: number; longitude: number } {
  const centre = world(view, view.zoom);
  const side = TILE_PIXELS * 2 ** view.zoom;
  const x = (centre.x + spot.x - size.width / 2) / side;
  const y = (centre.y + spot.y - size.height / 2) / side;
  return { latitude: (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI, longitude: x * 360 - 180 };
}

/** The nearest view that shows them all; one alone is seen from about 200 m. */
export function fit(points: readonly Pick<Point, 'latitude' | 'longitude'>[], size: Size, zoomMost = ZOOM.alone + 1): View | null {
  const spots = points.map((point) => world(point, 0));
  if (spots.length === 0) return null;
  const [left, right] = [Math.min(...spots.map(({ x }) => x)), Math.max(...spots.map(({ x }) => x))];
  const [top, bottom] = [Math.min(...spots.map(({ y }) => y)), Math.max(...spots.map(({ y }) => y))];
  const room = { width: Math.max(1, size.width - 2 * EDGE_PIXELS), height: Math.max(1, size.height - 2 * EDGE_PIXELS) };
  const wanted = Math.min(Math.log2(room.width / (right - left)), Math.log2(room.height / (bottom - top)));
  const zoom = clamp(Math.min(wanted, spots.length === 1 || !Number.isFinite(wanted) ? ZOOM.alone : zoomMost), ZOOM.least, ZOOM.most);
  const middle = fromScreen({ x: (left + right) / 2, y: (top + bottom) / 2 }, { latitude: 0, longitude: 0, zoom: 0 }, { width: TILE_PIXELS, height: TILE_PIXELS });
  return { ...middle, zoom };
}

export function moved(view: View, by: Spot, size: Size): View {
  return { ...fromScreen({ x: size.width / 2 - by.x, y: size.height / 2 - by.y }, view, size), zoom: view.zoom };
}

/** Nearer or farther, and what is under the spot stays under it. */
export function zoomed(view: View, by: number, size: Size, spot: Spot = { x: size.width / 2, y: size.height / 2 }): View {
  const zoom = clamp(view.zoom + by, ZOOM.least, ZOOM.most);
  const kept = fromScreen(spot, view, size);
  const now = toScreen(kept, { ...view, zoom }, size);
  return moved({ ...view, zoom }, { x: spot.x - now.x, y: spot.y - now.y }, size);
}

export function metresPerPixel(view: View): number {
  return (EARTH_AROUND_METRES * Math.cos((view.latitude * Math.PI) / 180)) / (TILE_PIXELS * 2 ** view.zoom);
}

/** A grid of a round number of metres (1, 2 or 5 and zeros) that has `origin` on a crossing. */
export function gridOf(view: View, size: Size, origin: Pick<Point, 'latitude' | 'longitude'>): { metres: number; xs: number[]; ys: number[] } {
  const perPixel = metresPerPixel(view);
  const least = GRID_PIXELS_MIN * perPixel;
  const ten = 10 ** Math.floor(Math.log10(least));
  const metres = [1, 2, 5, 10].map((each) => each * ten).find((each) => each >= least * (1 - 1e-9))!;
  const at = toScreen(origin, view, size);
  const step = metres / perPixel;
  const lines = (from: number, most: number) => {
    const first = ((from % step) + step) % step;
    return Array.from({ length: Math.max(0, Math.floor((most - first) / step) + 1) }, (_, index) => first + index * step);
  };
  return { metres, xs: lines(at.x, size.width), ys: lines(at.y, size.height) };
}

/** The pictures that cover the view, of the nearest zoom that there is. */
export function tilesOf(view: View, size: Size, zooms: { zoom_min: number; zoom_max: number }): Tile[] {
  const z = clamp(Math.round(view.zoom), zooms.zoom_min, zooms.zoom_max);
  const side = TILE_PIXELS * 2 ** (view.zoom - z);
  const centre = world(view, view.zoom);
  const [left, top] = [centre.x - size.width / 2, centre.y - size.height / 2];
  const many = 2 ** z;
  const tiles: Tile[] = [];
  for (let y = Math.floor(top / side); y * side < top + size.height; y++)
    for (let x = Math.floor(left / side); x * side < left + size.width; x++)
      if (y >= 0 && y < many && tiles.length < TILES_MAX) tiles.push({ z, x: ((x % many) + many) % many, y, left: x * side - left, top: y * side - top, side });
  return tiles;
}

function world({ latitude, longitude }: { latitude: number; longitude: number }, zoom: number): Spot {
  const side = TILE_PIXELS * 2 ** zoom;
  const sine = Math.sin((clamp(latitude, -85.05, 85.05) * Math.PI) / 180);
  return { x: ((longitude + 180) / 360) * side, y: (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * side };
}

function clamp(number: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, number));
}
