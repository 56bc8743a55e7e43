// The time of day as a signal, for what is due: moves on every half minute while the app is seen.
import { createSignal } from 'solid-js';

const TICK_SECONDS = 30;
const [now, setNow] = createSignal(new Date());
export { now };

export function startTime(): void {
  setInterval(() => setNow(new Date()), TICK_SECONDS * 1000);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') setNow(new Date());
  });
}
