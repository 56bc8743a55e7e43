// Positions as the instance holds them: "29.84 114.32 31 6.5", a line and a shape with semicolons between; and what can be measured on them. Pure.
// The formulas are the form engine's and the centre's (forms/geography.py): a sphere of 6,378,100 m.

export interface Point {
  latitude: number;
  longitude: number;
  altitude?: number;
  /** in metres; 0 when a finger placed it on a map */
  accuracy?: number;
}

export type Figure = 'line' | 'shape';

export const POINTS_MAX = 2_000;
export const POINTS_MIN: Record<Figure, number> = { line: 2, shape: 3 };
const EARTH_METRES = 6_378_100;
const DEGREE_PLACES = 7; // 1 cm

export function pointsOf(text: string): Point[] {
  return text.split(';').flatMap((each) => pointOf(each) ?? []);
}

export function pointOf(text: string): Point | null {
  const [latitude, longitude, altitude, accuracy, ...more] = text.trim().split(/\s+/).map(Number);
  if (latitude === undefined || longitude === undefined || more.length > 0 || !(Math.abs(latitude) <= 90) || !(Math.abs(longitude) <= 180)) return null;
  return { latitude, longitude, ...(altitude === undefined ? {} : { altitude }), ...(accuracy === undefined ? {} : { accuracy }) };
}

export function textOfPoint({ latitude, longitude, altitude = 0, accuracy = 0 }: Point): string {
  return [shortest(latitude, DEGREE_PLACES), shortest(longitude, DEGREE_PLACES), shortest(altitude, 1), shortest(accuracy, 1)].join(' ');
}

/** The points that a person has set: a shape's last one, which closes it, is not among them. */
export function cornersOf(text: string, figure: Figure): Point[] {
  const points = pointsOf(text);
  const [first, last] = [points[0], points.at(-1)];
  const closed = figure === 'shape' && points.length > 1 && first!.latitude === last!.latitude && first!.longitude === last!.longitude;
  return closed ? points.slice(0, -1) : points;
}

/** A shape that can be one is closed by itself. */
export function textOfCorners(corners: readonly Point[], figure: Figure): string {
  const closed = figure === 'shape' && corners.length >= POINTS_MIN.shape ? [...corners, corners[0]!] : corners;
  return closed.map(textOfPoint).join(';');
}

/** Why these points are no answer yet; null when they are one, or blank. */
export function wantsMore(text: string, figure: Figure): boolean {
  const corners = cornersOf(text, figure).length;
  return corners > 0 && corners < POINTS_MIN[figure];
}

export function metresBetween(one: Point, other: Point): number {
  // Haversine: exact for two steps as for two towns.
  const [first, second] = [radians(one.latitude), radians(other.latitude)];
  const half = Math.sin((second - first) / 2) ** 2 + Math.cos(first) * Math.cos(second) * Math.sin(radians(other.longitude - one.longitude) / 2) ** 2;
  return 2 * EARTH_METRES * Math.asin(Math.min(1, Math.sqrt(half)));
}

export function lengthMetres(points: readonly Point[], closed = false): number {
  const all = closed && points.length > 2 ? [...points, points[0]!] : points;
  return all.slice(1).reduce((sum, point, index) => sum + metresBetween(all[index]!, point), 0);
}

export function areaSquareMetres(corners: readonly Point[]): number {
  if (corners.length < POINTS_MIN.shape) return 0;
  const total = corners.reduce((sum, here, index) => {
    const next = corners[(index + 1) % corners.length]!;
    return sum + radians(next.longitude - here.longitude) * (2 + Math.sin(radians(here.latitude)) + Math.sin(radians(next.latitude)));
  }, 0);
  return Math.abs((total * EARTH_METRES ** 2) / 2);
}

function shortest(number: number, places: number): string {
  const text = number.toFixed(places);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
