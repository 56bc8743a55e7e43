import { afterEach, expect, test, vi } from 'vitest';

const takeOver = vi.hoisted(() => vi.fn());
vi.mock('virtual:pwa-register', () => ({ registerSW: () => takeOver })); // made by the build
afterEach(() => vi.unstubAllGlobals());

test('an update that the person asked for waits for a newer one on its way, and opens the app anew when it has taken over', async () => {
  const newer = new EventTarget();
  const serviceWorker = Object.assign(new EventTarget(), { getRegistration: async () => ({ installing: newer }) });
  const reload = vi.fn();
  vi.stubGlobal('navigator', { serviceWorker });
  vi.stubGlobal('location', { reload });
  const { applyUpdate, keepUpToDate } = await import('./updates.ts');
  keepUpToDate();
  const asked = applyUpdate();
  await Promise.resolve();
  await Promise.resolve();
  expect(takeOver).not.toHaveBeenCalled();
  newer.dispatchEvent(new Event('statechange'));
  await asked;
  expect(takeOver).toHaveBeenCalledOnce();
  expect(reload).not.toHaveBeenCalled();
  serviceWorker.dispatchEvent(new Event('controllerchange'));
  expect(reload).toHaveBeenCalledOnce();
});
