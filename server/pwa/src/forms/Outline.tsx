// All screens of the form at a glance: what is done, what is missing, where one stands; and the way out that throws away.
import Circle from 'lucide-solid/icons/circle';
import CircleAlert from 'lucide-solid/icons/circle-alert';
import CircleCheck from 'lucide-solid/icons/circle-check';
import CircleDot from 'lucide-solid/icons/circle-dot';
import Trash from 'lucide-solid/icons/trash';
import X from 'lucide-solid/icons/x';
import { For, onMount, Show } from 'solid-js';
import { t } from '../i18n/index.ts';
import type { Filling } from './filling.ts';
import { REVIEW, type Page } from './pages.ts';
import { rowTitle } from './rows.ts';

export function Outline(props: { filling: Filling; onClose: () => void; onDiscard: () => void }) {
  let dialog!: HTMLDialogElement;
  onMount(() => dialog.showModal());
  const go = (page: Page) => {
    props.filling.goTo(page);
    props.onClose();
  };
  return (
    <dialog class="outline" ref={dialog} onClose={() => props.onClose()} onClick={(event) => event.target === dialog && props.onClose()}>
      <div class="outline__inside">
        <header class="row">
          <h2 class="grow">{t('form.outline.title')}</h2>
          <button type="button" class="icon-button" aria-label={t('form.outline.close')} onClick={() => props.onClose()}>
            <X size={26} />
          </button>
        </header>
        <For each={props.filling.sections()}>
          {(section) => (
            <section>
              <Show when={section.pages.length > 1}>
                <h3 class="soft outline__section">{section.title}</h3>
              </Show>
              <ul>
                <For each={section.pages}>
                  {(page) => (
                    <li>
                      <button type="button" class="outline__page" aria-current={props.filling.page().key === page.key ? 'step' : undefined} onClick={() => go(page)}>
                        <span class="grow">{pageName(page, props.filling, section.title)}</span>
                        <State page={page} filling={props.filling} />
                      </button>
                    </li>
                  )}
                </For>
              </ul>
            </section>
          )}
        </For>
        <button type="button" class="outline__page" aria-current={props.filling.page().kind === 'review' ? 'step' : undefined} onClick={() => go(REVIEW)}>
          <strong class="grow">{t('form.review.title')}</strong>
        </button>
        <button type="button" class="button button--bad button--wide outline__discard" onClick={() => props.onDiscard()}>
          <Trash size={22} /> {t('form.discard.button')}
        </button>
      </div>
    </dialog>
  );
}

export function pageName(page: Page, filling: Filling, otherwise = ''): string {
  if (page.kind === 'review') return t('form.review.title');
  const at = page.rows.at(-1);
  const name = at ? rowTitle(at.row, filling) : '';
  return [name, page.title].filter(Boolean).join(' · ') || otherwise || t('form.outline.untitled');
}

function State(props: { page: Page; filling: Filling }) {
  const missing = () => props.filling.missingOn(props.page).length;
  const visited = () => props.filling.isVisited(props.page);
  return (
    <Show
      when={props.filling.page().key !== props.page.key}
      fallback={
        <span class="chip chip--strong">
          <CircleDot size={18} /> {t('form.state.here')}
        </span>
      }
    >
      <Show
        when={missing() === 0}
        fallback={
          <span class="chip" classList={{ 'chip--bad': visited() }}>
            <Show when={visited()} fallback={<Circle size={18} />}>
              <CircleAlert size={18} />
            </Show>
            {t('form.state.missing', { count: missing() })}
          </span>
        }
      >
        <span class="chip" classList={{ 'chip--good': visited() }}>
          <Show when={visited()} fallback={<Circle size={18} />}>
            <CircleCheck size={18} />
          </Show>
          {visited() ? t('form.state.complete') : t('form.state.optional')}
        </span>
      </Show>
    </Show>
  );
}
