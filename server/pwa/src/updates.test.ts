import { afterEach, expect, test, vi } from 'vitest';

vi.mock('virtual:pwa-register', () => ({ registerSW: () => async () => {} })); // made by the build
afterEach(() => vi.unstubAllGlobals());

test('an update that the person asked for opens the app anew when the new version has taken over, and not before', async () => {
  const serviceWorker = new EventTarget();
  const reload = vi.fn();
  vi.stubGlobal('navigator', { serviceWorker });
  vi.stubGlobal('location', { reload });
  const { applyUpdate } = await import('./updates.ts');
  applyUpdate();
  expect(reload).not.toHaveBeenCalled();
  serviceWorker.dispatchEvent(new Event('controllerchange'));
  expect(reload).toHaveBeenCalledOnce();
});
