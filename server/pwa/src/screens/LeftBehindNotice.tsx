// Somebody's work that lies on this phone and waits for them to sign in here again.
import TriangleAlert from 'lucide-solid/icons/triangle-alert';
import { createResource, For } from 'solid-js';
import { leftBehind } from '../data/left_behind.ts';
import { t } from '../i18n/index.ts';

export function LeftBehindNotice() {
  const [left] = createResource(leftBehind);
  return (
    <For each={left()}>
      {(of) => (
        <div class="notice notice--warn">
          <TriangleAlert size={22} aria-hidden="true" />
          <p>{t('outbox.left_behind', { ...of })}</p>
        </div>
      )}
    </For>
  );
}
