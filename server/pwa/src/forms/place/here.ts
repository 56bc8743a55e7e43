// Where the phone is, as it finds out: each fix as it comes, and why there is none.
import { createSignal } from 'solid-js';
import type { Point } from './points.ts';

export type NoFix = 'denied' | 'not_found' | 'none';

export interface Fix extends Point {
  accuracy: number;
}

const FIX_SECONDS_MAX = 30;

/** The last fix of this app's run: a map that opens before the first one looks from there. */
const [lastFix, setLastFix] = createSignal<Fix | null>(null);
export { lastFix };

/** Tells every fix until the function that it gives is called. After `denied` and `none` no more comes. */
export function watchHere(onFix: (fix: Fix) => void, onTrouble: (why: NoFix) => void): () => void {
  if (!navigator.geolocation) {
    onTrouble('none');
    return () => {};
  }
  const watch = navigator.geolocation.watchPosition(
    ({ coords }) => {
      const fix = { latitude: coords.latitude, longitude: coords.longitude, altitude: coords.altitude ?? 0, accuracy: coords.accuracy };
      setLastFix(fix);
      onFix(fix);
    },
    (error) => onTrouble(error.code === error.PERMISSION_DENIED ? 'denied' : 'not_found'),
    { enableHighAccuracy: true, maximumAge: 0, timeout: FIX_SECONDS_MAX * 1000 },
  );
  return () => navigator.geolocation.clearWatch(watch);
}

/** The screen stays on: a phone in a pocket stops looking for satellites. Where it cannot be asked, nothing happens. */
export function stayAwake(): () => void {
  const lock = navigator.wakeLock?.request('screen').catch(() => null);
  return () => void lock?.then((held) => held?.release());
}

/** A question's own threshold in metres, or ours. */
export function metresOf(parameters: Record<string, string> | undefined, name: 'capture-accuracy' | 'warning-accuracy', ours: number): number {
  const said = Number(parameters?.[name]);
  return parameters?.[name] && Number.isFinite(said) && said >= 0 ? said : ours;
}
