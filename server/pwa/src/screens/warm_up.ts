// Fetches the form screen and its engine while nobody waits, so that the first form of the day opens at once.
import { createEffect, onCleanup } from 'solid-js';
import { currentForm, loaded, rows } from '../data/records.ts';

const IDLE_SECONDS_MAX = 10; // a phone that is never idle gets it all the same

/** Once the list is there and painted. Nothing of it is in the first download of the app. */
export function warmUpWhenIdle(form: string): void {
  createEffect(() => {
    const ready = loaded() && rows().size > 0 ? currentForm(form) : undefined;
    if (!ready) return;
    let idle = 0;
    const frame = requestAnimationFrame(() => {
      const work = () => void import('../forms/index.ts').then(({ warmUp }) => warmUp(ready)).catch(() => {});
      // Safari has no requestIdleCallback.
      if (typeof requestIdleCallback === 'function') idle = requestIdleCallback(work, { timeout: IDLE_SECONDS_MAX * 1000 });
    });
    onCleanup(() => {
      cancelAnimationFrame(frame);
      if (idle) cancelIdleCallback(idle);
    });
  });
}
