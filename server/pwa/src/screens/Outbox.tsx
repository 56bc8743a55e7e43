// The outbox: each submission with its true state; what needs the person on top; what failed and when the next try is.
import { A, useNavigate } from '@solidjs/router';
import ChevronRight from 'lucide-solid/icons/chevron-right';
import Mail from 'lucide-solid/icons/mail-open';
import Send from 'lucide-solid/icons/send';
import TriangleAlert from 'lucide-solid/icons/triangle-alert';
import Wrench from 'lucide-solid/icons/wrench';
import { createMemo, createResource, createSignal, For, Show } from 'solid-js';
import { drafts } from '../data/drafts.ts';
import { fieldsByPath, formTitle, placeLabel, subjectOf } from '../data/labels.ts';
import { formOf, loaded } from '../data/records.ts';
import { unsentMedia } from '../data/media.ts';
import { isOver, type Sheet, sheets, toMend } from '../data/submissions.ts';
import { syncedAt, syncNow, syncState } from '../data/sync.ts';
import { moment, timeWithSeconds } from '../i18n/dates.ts';
import { t, textOf } from '../i18n/index.ts';
import { DraftCard } from './DraftCard.tsx';
import { LeftBehindNotice } from './LeftBehindNotice.tsx';
import { fixPath } from './open_form.ts';
import { Empty, Skeletons, StateChip } from './parts.tsx';

const FINISHED_SHOWN = 30;

export function OutboxScreen() {
  const todo = createMemo(() => toMend(sheets()));
  const onTheWay = createMemo(() => sheets().filter(({ state }) => ['waiting', 'sent', 'waits_for_former', 'waits_for_office'].includes(state.state)).reverse());
  // The newest answer first: an older form that the office turned down today is news.
  const answeredAt = (sheet: Sheet) => sheet.receipt?.at ?? sheet.submission.finished_at;
  const finished = createMemo(() => sheets().filter(({ state }) => isOver(state)).sort((a, b) => Date.parse(answeredAt(b)) - Date.parse(answeredAt(a))));
  const [shown, setShown] = createSignal(FINISHED_SHOWN);
  const [photos] = createResource(() => [sheets(), syncedAt()] as const, async ([all]) => (await unsentMedia(all.map(({ submission }) => submission))).length);
  const running = () => syncState().state === 'running';
  const failed = () => {
    const state = syncState();
    return state.state === 'failed' ? state : null;
  };

  return (
    <main class="screen">
      <h1>{t('outbox.title')}</h1>
      <Show when={failed()}>
        {(state) => (
          <div class="notice notice--warn" role="status">
            <TriangleAlert size={22} aria-hidden="true" />
            <div>
              <strong class="sentence">{state().why === 'out_of_reach' || state().why === 'updating' ? t(`why.${state().why}`) : t('outbox.what_failed', { step: t(`steps.${state().step}`), why: t(`why.${state().why}`) })}</strong>
              <p class="number">{t('outbox.next_try', { at: timeWithSeconds(state().next_at) })}</p>
              <Show when={state().why === 'unknown' || state().why === 'server'}><p class="soft">{state().detail}</p></Show>
            </div>
          </div>
        )}
      </Show>
      <LeftBehindNotice />
      <Show when={loaded()} fallback={<Skeletons count={5} />}>
        <Show when={todo().length > 0}>
          <section class="stack">
            <h2>{t('outbox.todo')}</h2>
            <For each={todo()}>{(sheet) => <ToFix sheet={sheet} />}</For>
          </section>
        </Show>
        <Show when={drafts().length > 0}>
          <section class="stack">
            <h2>{t('outbox.drafts')}</h2>
            <For each={drafts()}>{(draft) => <DraftCard draft={draft} />}</For>
          </section>
        </Show>
        <Show when={onTheWay().length > 0 || (photos.latest ?? 0) > 0}>
          <section class="stack">
            <h2>{t('outbox.on_the_way')}</h2>
            <ul class="list"><For each={onTheWay()}>{(sheet) => <li><Line sheet={sheet} /></li>}</For></ul>
            <Show when={(photos.latest ?? 0) > 0}><p class="soft">{t('outbox.photos', { count: photos.latest! })}</p></Show>
          </section>
        </Show>
        <Show when={finished().length > 0}>
          <section class="stack">
            <h2>{t('outbox.finished')}</h2>
            <ul class="list"><For each={finished().slice(0, shown())}>{(sheet) => <li><Line sheet={sheet} /></li>}</For></ul>
            <Show when={finished().length > shown()}>
              <button type="button" class="button" onClick={() => setShown(shown() + 200)}>{t('outbox.older', { count: finished().length - shown() })}</button>
            </Show>
          </section>
        </Show>
        <Show when={sheets().length === 0 && drafts().length === 0}>
          <Empty icon={Mail} title={t('outbox.empty')} hint={t('outbox.empty_hint')} />
        </Show>
      </Show>
      <div class="floating floating--wide">
        <button type="button" class="button button--main button--wide" disabled={running()} onClick={() => void syncNow()}>
          <Send size={22} aria-hidden="true" />
          {running() ? t('outbox.sending') : t('outbox.send_now')}
        </button>
      </div>
    </main>
  );
}

function Line(props: { sheet: Sheet }) {
  return (
    <A class="due tappable" href={`/submission/${encodeURIComponent(props.sheet.submission._id)}`}>
      <span class="grow">
        <strong class="due__door">{subjectOf(props.sheet)}</strong>
        <span class="due__who">{formTitle(props.sheet.submission.form)} · {moment(props.sheet.submission.finished_at)}</span>
        <span class="row row--wrap due__chip">
          <StateChip state={props.sheet.state} />
          <Show when={props.sheet.state.state === 'waiting' && props.sheet.state.refused !== null}><span class="soft">{t('state.refused')}</span></Show>
        </span>
      </span>
      <ChevronRight size={24} aria-hidden="true" class="soft" />
    </A>
  );
}

function ToFix(props: { sheet: Sheet }) {
  const navigate = useNavigate();
  const fields = createMemo(() => fieldsByPath(formOf(props.sheet.submission.form, props.sheet.submission.version) ?? { fields: [] }));
  const place = (path: string) => placeLabel(path, fields(), props.sheet.submission.answers);
  const sayings = () => {
    const { state } = props.sheet;
    if (state.state === 'needs_fixing') return state.problems.map(({ path, message }) => ({ place: place(path), said: textOf(message) }));
    if (state.state === 'returned') return state.comments.map(({ path, text }) => ({ place: path ? place(path) : '', said: text }));
    return [];
  };
  return (
    <div class="card stack fix">
      <A class="fix__head" href={`/submission/${encodeURIComponent(props.sheet.submission._id)}`}>
        <span class="grow">
          <strong class="due__door">{subjectOf(props.sheet)}</strong>
          <span class="due__who">{formTitle(props.sheet.submission.form)} · {moment(props.sheet.submission.finished_at)}</span>
        </span>
        <StateChip state={props.sheet.state} />
      </A>
      <ul class="fix__problems">
        <For each={sayings().slice(0, 3)}>{({ place: where, said }) => <li><strong>{where}</strong> {said}</li>}</For>
        <Show when={sayings().length > 3}><li class="soft">+{sayings().length - 3}</li></Show>
      </ul>
      <button type="button" class="button button--soft button--wide" onClick={() => navigate(fixPath(props.sheet.submission))}>
        <Wrench size={22} aria-hidden="true" />
        {t('outbox.fix')}
      </button>
    </div>
  );
}
