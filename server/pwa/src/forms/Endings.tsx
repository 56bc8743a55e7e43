// How a form ends: saved, with the true state of what was sent and the next door; or thrown away, with the way back.
import ArrowRight from 'lucide-solid/icons/arrow-right';
import CircleCheck from 'lucide-solid/icons/circle-check';
import CloudCheck from 'lucide-solid/icons/cloud-check';
import CloudOff from 'lucide-solid/icons/cloud-off';
import RotateCcw from 'lucide-solid/icons/rotate-ccw';
import Undo2 from 'lucide-solid/icons/undo-2';
import { Show } from 'solid-js';
import { sheets } from '../data/submissions.ts';
import type { FormScreenProps } from '../forms-contract.ts';
import { t } from '../i18n/index.ts';

export function SavedEnding(props: { id: string; title: string; next: ReturnType<NonNullable<FormScreenProps['next']>>; onTakeBack: () => void; onDone: () => void; onNext: (go: () => void) => void }) {
  return (
    <main class="form-end">
      <CircleCheck size={88} class="form-end__good" aria-hidden="true" />
      <h1>{t('form.saved.title')}</h1>
      <SentState id={props.id} />
      <p class="soft">{props.title}</p>
      <div class="thumb form-end__ways">
        <Show when={props.next}>
          {(next) => (
            <button type="button" class="button button--main form-end__next" onClick={() => props.onNext(next().go)}>
              <span>
                {next().what ?? t('form.saved.next')}
                <strong>{next().name}</strong>
              </span>
              <ArrowRight size={24} aria-hidden="true" />
            </button>
          )}
        </Show>
        <button type="button" class="button" onClick={() => props.onTakeBack()}>
          <Undo2 size={22} aria-hidden="true" /> {t('form.saved.take_back')}
        </button>
        <button type="button" class="button" classList={{ 'button--main': !props.next }} onClick={() => props.onDone()}>
          {t('form.saved.done')}
        </button>
      </div>
    </main>
  );
}

export function DiscardedEnding(props: { mayStartOver: boolean; onUndo: () => void; onLeave: () => void; onStartOver: () => void }) {
  return (
    <main class="form-end">
      <h1>{t('form.discard.title')}</h1>
      <p class="soft">{t('form.discard.undo_hint')}</p>
      <div class="thumb form-end__ways">
        <Show when={props.mayStartOver}>
          <button type="button" class="button button--main form-end__next" onClick={() => props.onStartOver()}>
            <RotateCcw size={22} aria-hidden="true" /> {t('form.found.start_over')}
          </button>
        </Show>
        <button type="button" class="button" onClick={() => props.onUndo()}>
          <Undo2 size={22} aria-hidden="true" /> {t('form.undo')}
        </button>
        <button type="button" class="button" classList={{ 'button--main': !props.mayStartOver }} onClick={() => props.onLeave()}>
          {t('form.leave')}
        </button>
      </div>
    </main>
  );
}

/** The truth while one looks: on a good day the form is gone and accepted before the next door. */
function SentState(props: { id: string }) {
  const state = () => sheets().find(({ submission }) => submission._id === props.id)?.state.state ?? 'waiting';
  return (
    <p class="form-end__state" classList={{ 'form-end__state--good': state() === 'sent' || state() === 'accepted' }} role="status">
      <Show when={state() === 'waiting'} fallback={<CloudCheck size={22} aria-hidden="true" />}>
        <CloudOff size={22} aria-hidden="true" />
      </Show>
      {state() === 'waiting' ? t('form.saved.waiting') : t(`state.${state()}`)}
    </p>
  );
}
