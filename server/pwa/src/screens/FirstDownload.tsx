// The first download after signing in: what comes, how far it is.
import Download from 'lucide-solid/icons/download';
import TriangleAlert from 'lucide-solid/icons/triangle-alert';
import { Show } from 'solid-js';
import { rows } from '../data/records.ts';
import { syncNow, syncState } from '../data/sync.ts';
import { timeWithSeconds } from '../i18n/dates.ts';
import { t } from '../i18n/index.ts';

export function FirstDownload() {
  const running = () => {
    const state = syncState();
    return state.state === 'running' ? state : null;
  };
  const failed = () => {
    const state = syncState();
    return state.state === 'failed' ? state : null;
  };
  return (
    <section class="card stack first">
      <h2 class="row"><Download size={24} aria-hidden="true" />{t('first.title')}</h2>
      <p>{rows().size > 0 ? t('first.rest') : t('first.lead')}</p>
      <Show when={running()}>
        {(state) => (
          <>
            <progress class="first__bar" aria-label={t('first.title')} max={state().steps} value={state().position - 1 + (state().total ? state().done / state().total! : 0)} />
            <p class="row row--wrap number">
              <strong class="grow">{t(`steps.${state().step}`)}</strong>
              <span class="soft">{t('first.step', { position: state().position, steps: state().steps })}</span>
            </p>
            <Show when={state().done > 0}>
              <p class="number">{state().total === null ? t('first.done', { done: state().done }) : t('first.of', { done: state().done, total: state().total! })}</p>
            </Show>
          </>
        )}
      </Show>
      <Show when={failed()}>
        {(state) => (
          <>
            <p class="notice notice--warn" role="alert"><TriangleAlert size={22} aria-hidden="true" />{t('first.failed', { why: t(`why.${state().why}`) })}</p>
            <p class="number">{t('first.resumes', { at: timeWithSeconds(state().next_at) })}</p>
            <button type="button" class="button button--main" onClick={() => void syncNow()}>{t('common.retry')}</button>
          </>
        )}
      </Show>
    </section>
  );
}
