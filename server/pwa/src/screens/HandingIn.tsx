// The office signed this phone out: what is being handed in, what is left, and when the next try is. Nothing else can be done here.
import LogOut from 'lucide-solid/icons/log-out';
import { onCleanup, onMount, Show } from 'solid-js';
import { handingIn, handInNow } from '../data/handing_in.ts';
import { timeWithSeconds } from '../i18n/dates.ts';
import { t } from '../i18n/index.ts';

export default function HandingInScreen() {
  const again = () => void handInNow();
  onMount(() => {
    again();
    window.addEventListener('online', again);
    onCleanup(() => window.removeEventListener('online', again));
  });
  const later = () => {
    const state = handingIn();
    return state.state === 'later' ? state : null;
  };
  return (
    <main class="screen">
      <h1 class="row"><LogOut size={28} aria-hidden="true" />{t('handing_in.title')}</h1>
      <p>{t('handing_in.lead')}</p>
      <div class="card stack" role="status">
        <p class="number">{t('handing_in.left', { ...handingIn().left })}</p>
        <Show when={later()} fallback={<p class="soft">{t('handing_in.running')}</p>}>
          {(state) => (
            <>
              <p class="notice notice--warn">{t('handing_in.later', { at: timeWithSeconds(state().next_at) })}</p>
              <p class="soft small">{state().detail}</p>
              <button type="button" class="button button--main button--wide" onClick={again}>{t('handing_in.now')}</button>
            </>
          )}
        </Show>
      </div>
    </main>
  );
}
