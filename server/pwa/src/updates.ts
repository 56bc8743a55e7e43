// A new version of the app is downloaded in the background and takes over only when the person says so, or when the app is
// opened anew: never in the middle of a form.
import { createSignal } from 'solid-js';
import { registerSW } from 'virtual:pwa-register';

const CHECK_MINUTES = 60;
const [updateReady, setUpdateReady] = createSignal(false);
export { updateReady };

let update: (reload?: boolean) => Promise<void> = async () => {};

export function keepUpToDate(): void {
  update = registerSW({
    onNeedRefresh: () => setUpdateReady(true),
    onRegisteredSW(_address, registration) {
      setInterval(() => void registration?.update().catch(() => undefined), CHECK_MINUTES * 60_000);
    },
  });
}

/**
 * The page opens anew once the new version has taken over, also where the app was never opened again since it was installed: there nobody else sees to it.
 * A still newer version that is just being fetched is waited for: the one taking over would throw away what of it is on the phone already.
 */
export async function applyUpdate(): Promise<void> {
  const fetched = (await navigator.serviceWorker.getRegistration())?.installing;
  if (fetched) await new Promise((resolve) => fetched.addEventListener('statechange', resolve, { once: true }));
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
  void update(true);
}
