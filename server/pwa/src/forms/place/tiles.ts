// The operator's map pictures, where there are some, and whether a map can say anything yet.
import { session, type PhoneSettings } from '../../data/session.ts';
import { lastFix } from './here.ts';
import type { Point } from './points.ts';

export type Tiles = NonNullable<PhoneSettings['tiles']>;

export function tiles(): Tiles | null {
  return session()?.settings?.tiles ?? null;
}

/** Without pictures and without any position a tap on the map would mean nowhere. */
export function isSomewhere(points: readonly Point[]): boolean {
  return tiles() !== null || points.length > 0 || lastFix() !== null;
}
