// The form runner's frame: opens a form, shows one screen of it at a time, and never lets go of an answer.
import ArrowLeft from 'lucide-solid/icons/arrow-left';
import ArrowRight from 'lucide-solid/icons/arrow-right';
import Check from 'lucide-solid/icons/check';
import List from 'lucide-solid/icons/list';
import RotateCcw from 'lucide-solid/icons/rotate-ccw';
import Save from 'lucide-solid/icons/save';
import Sparkles from 'lucide-solid/icons/sparkles';
import Undo2 from 'lucide-solid/icons/undo-2';
import { createEffect, createMemo, createResource, createSignal, For, Match, on, onCleanup, onMount, Show, Suspense, Switch, untrack, lazy, type Component } from 'solid-js';
import { t, textOf } from '../i18n/index.ts';
import { keepMediaInMemory } from '../data/media.ts';
import { left } from '../data/records.ts';
import type { Draft, FormScreenProps } from '../forms-contract.ts';
import { moment } from '../i18n/dates.ts';
import { answerWords } from './answer_words.ts';
import { BackKey } from './back_key.ts';
import { LanguagePick, useFormLanguage } from './LanguagePick.tsx';
import { DiscardedEnding, SavedEnding } from './Endings.tsx';
import { Filling } from './filling.ts';
import { PageHead, Progress } from './FormHead.tsx';
import type { Question } from './items.ts';
import { EngineTooSlow, LOAD_SECONDS_MAX, openFilling, type Opened } from './open.ts';
import { Outline } from './Outline.tsx';
import { PageView } from './PageView.tsx';
import { plain } from './QuestionCard.tsx';
import { ReviewPage } from './ReviewPage.tsx';
import { RosterPage } from './RosterPage.tsx';
import { whose } from './rows.ts';
import './form.css';
import './widgets.css';

const MovedDoor = lazy(() => import('./MovedDoor.tsx'));
const Reopened = lazy(() => import('./Reopened.tsx'));
const Register = lazy(() => import('./Register.tsx').then(({ Register }) => ({ default: Register })));

const UNDO_SECONDS = 8;
const OPEN_ANEW_MAX = 10; // a form that throws at each opening is not opened for ever
const OPEN_ANEW_MS = 300; // after the tap that left the box has done what it does

export const FormScreen: Component<FormScreenProps> = (props) => {
  if (props.try) onCleanup(keepMediaInMemory());
  // Opened anew where it stands after an exception in the engine; `true` is a plain second try.
  const [opened, { refetch }] = createResource<Opened, true, Draft>(
    () => true,
    (_, { refetching }) => openFilling(props, typeof refetching === 'boolean' ? undefined : refetching),
  );
  let timesAnew = 0;
  const openAnew = (draft: Draft) => {
    timesAnew += 1;
    if (timesAnew <= OPEN_ANEW_MAX) void refetch(draft);
  };
  return (
    <Switch
      fallback={
        <div class="form-screen form-opening" aria-busy="true">
          <h1>{textOf(props.form.title)}</h1>
          <p class="soft">{t('form.opening')}</p>
          <div class="skeleton" />
          <div class="skeleton" />
          <div class="skeleton" />
        </div>
      }
    >
      <Match when={opened.state === 'errored'}>
        <div class="form-screen form-opening">
          <h1>{textOf(props.form.title)}</h1>
          <p class="notice notice--bad" role="alert">
            {opened.error instanceof EngineTooSlow ? t('form.open_late', { seconds: LOAD_SECONDS_MAX }) : t('form.open_failed', { reason: (opened.error as Error).message })}
          </p>
          <div class="thumb">
            <button type="button" class="button" onClick={() => props.onLeft()}>
              {t('form.leave')}
            </button>
            <button type="button" class="button button--main" onClick={() => void refetch()}>
              {t('form.try_again')}
            </button>
          </div>
        </div>
      </Match>
      <Match when={opened.state === 'ready' && opened()} keyed>
        {(ready) => (
          <Show when={props.form.mode === 'register' && !props.fix} fallback={<Runner {...props} opened={ready} onOpenAnew={openAnew} />}>
            <Suspense>
              <Register {...props} opened={ready} onOpenAnew={openAnew} />
            </Suspense>
          </Show>
        )}
      </Match>
    </Switch>
  );
};

type Ending = { state: 'open' } | { state: 'saving' } | { state: 'saved'; id: string } | { state: 'discarded' };
interface Toast {
  text: string;
  undo: () => void;
}

function Runner(props: FormScreenProps & { opened: Opened; onOpenAnew: (draft: Draft) => void }) {
  const filling = new Filling(props.form, props.start, props.opened.instance, props, props.opened.draft, props.opened.doorIsId);
  const [ending, setEnding] = createSignal<Ending>({ state: 'open' });
  const [outline, setOutline] = createSignal(false);
  const [failure, setFailure] = createSignal('');
  const [toast, setToast] = createSignal<Toast | null>(null);
  const usual = filling.filledByAllWell;
  let top!: HTMLDivElement;

  const language = useFormLanguage(() => filling.instance);

  /** What back goes to: the screen under the sheet, or the screen before. */
  const stepBack = (): boolean => {
    if (ending().state !== 'open') return false;
    if (outline()) {
      setOutline(false);
      return true;
    }
    if (position() === 0) return false;
    filling.back();
    if (!backKey.hasSteps() && position() > 0) backKey.push();
    return true;
  };
  const backKey = new BackKey(stepBack, () => void leave());
  onCleanup(() => backKey.dispose());
  onMount(() => !backKey.hasSteps() && position() > 0 && backKey.push()); // a draft that goes on in the middle
  const openOutline = () => {
    setOutline(true);
    backKey.push();
  };
  const closeOutline = () => {
    if (!outline()) return;
    setOutline(false);
    void backKey.forgetOne();
  };
  createEffect(
    on(
      () => filling.page().key,
      (_key, _before, place: number | undefined) => {
        const now = untrack(position);
        if (now > (place ?? 0)) backKey.push();
        top?.scrollIntoView({ block: 'start' });
        // What is read aloud and where the Tab key goes on: the new screen's heading, once a sheet over it is gone.
        requestAnimationFrame(() => document.activeElement instanceof HTMLInputElement || top?.querySelector<HTMLElement>('.form-page h1')?.focus({ preventScroll: true }));
        return now;
      },
      { defer: true },
    ),
    untrack(() => filling.pages().findIndex((page) => page.key === filling.page().key)),
  );

  onMount(() => {
    const noted = props.fix && !props.draft ? filling.firstNoted() : null;
    if (noted) requestAnimationFrame(() => document.getElementById(`question-${noted.id}`)?.scrollIntoView({ block: 'center' }));
  });

  // A phone that turns the screen off may never turn this page on again.
  const hurry = () => filling.hurry();
  // What the engine throws outside of an answer (a row added, a language changed) is said, and nothing of what was answered is lost by it.
  const thrown = ({ error }: ErrorEvent) => {
    if (!(error instanceof Error)) return;
    setFailure(t('form.engine_failed', { reason: error.message }));
    filling.distrust();
  };
  document.addEventListener('visibilitychange', hurry);
  document.addEventListener('focusout', hurry);
  window.addEventListener('pagehide', hurry);
  window.addEventListener('error', thrown);
  onCleanup(() => {
    document.removeEventListener('visibilitychange', hurry);
    document.removeEventListener('focusout', hurry);
    window.removeEventListener('pagehide', hurry);
    window.removeEventListener('error', thrown);
    if (ending().state === 'discarded') void filling.forgetMedia();
    else if (ending().state === 'open') void filling.rest().then(() => filling.close());
  });

  // Where the phone is, when the form's log asks for it.
  const asks = filling.audit?.location;
  if (asks && navigator.geolocation) {
    let last = -Infinity;
    const watch = navigator.geolocation.watchPosition(
      ({ coords: { latitude, longitude, accuracy }, timestamp }) => {
        if (timestamp - last < asks.interval * 1000) return;
        last = timestamp;
        filling.audit!.isAt({ latitude, longitude, accuracy, taken: timestamp });
      },
      () => {}, // without leave to know, the log has no positions
      { enableHighAccuracy: asks.accurate, maximumAge: asks.age * 1000 },
    );
    onCleanup(() => navigator.geolocation.clearWatch(watch));
  }

  // After an exception the engine may calculate wrongly without a word: the form is opened anew as it stands, once nobody is typing in it.
  createEffect(() => {
    if (!filling.broken()) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const anew = () => (timer = setTimeout(() => ending().state === 'open' && props.onOpenAnew(filling.draft()), OPEN_ANEW_MS));
    const typing = document.activeElement?.matches('.form-page input, .form-page textarea');
    if (typing) document.addEventListener('focusout', anew, { once: true });
    else anew();
    onCleanup(() => {
      clearTimeout(timer);
      document.removeEventListener('focusout', anew);
    });
  });

  let toastTimer: ReturnType<typeof setTimeout> | undefined;
  const say = (text: string, undo: () => void) => {
    clearTimeout(toastTimer);
    setToast({ text, undo });
    toastTimer = setTimeout(() => setToast(null), UNDO_SECONDS * 1000);
  };
  onCleanup(() => clearTimeout(toastTimer));
  createEffect(() => {
    const removed = filling.removed();
    if (removed) say(t('form.roster.removed', { name: removed.name || String(removed.index + 1) }), () => filling.putBack(removed));
  });
  createEffect(() => {
    const vanished = filling.vanished();
    if (vanished) say(t('form.rows.vanished', { count: vanished.rows }), vanished.undo);
  });

  createEffect(
    on(filling.people.taken, (taken, before) => {
      if (taken) say(t('form.likely.taken', { name: taken.name }), taken.undo);
      else if (before && untrack(toast)?.undo === before.undo) setToast(null); // undone beside the name
    }),
  );

  const door = () => (props.start.record || props.start.household || props.opened.household ? filling.title() : '');
  const pages = () => filling.pages();
  const position = () => pages().findIndex((page) => page.key === filling.page().key);
  const missing = createMemo(() => filling.missing());
  /** Nothing is missing, and every screen was seen or filled by "all well": saving is one tap from here. */
  const ready = createMemo(() => missing().length === 0 && (usual().length > 0 || pages().every((page) => page.kind === 'review' || page.key === filling.page().key || filling.isVisited(page))));

  let saidNotKept = false;
  const leave = async () => {
    await filling.rest();
    // What could not be written would be lost: that is said where one stands, and leaving wants a second tap.
    if (keptFailure(filling) !== null && !saidNotKept) {
      saidNotKept = true;
      top?.scrollIntoView({ block: 'start' });
      return;
    }
    await backKey.unwind();
    props.onLeft();
  };
  const save = async () => {
    setFailure('');
    setEnding({ state: 'saving' });
    const end = await filling.finish();
    if (end.state === 'saved') return setEnding(end);
    setEnding({ state: 'open' });
    if (end.state === 'failed') setFailure(t('form.save_failed', { reason: end.reason }));
    if (end.state === 'tried') props.onTried?.(end.answers, end.media);
  };
  const goTo = (question: Question) => {
    filling.goToQuestion(question);
    requestAnimationFrame(() => document.getElementById(`question-${question.id}`)?.scrollIntoView({ block: 'center' }));
  };
  const allWell = () => {
    filling.allWell();
    const first = untrack(missing)[0];
    if (first) filling.goTo(first.page);
    else filling.goTo(pages().at(-1)!);
  };
  const discard = async () => {
    closeOutline();
    await filling.discard();
    setEnding({ state: 'discarded' });
  };
  const saved = () => {
    const now = ending();
    return now.state === 'saved' ? now : null;
  };

  return (
    <div class="form-screen" ref={top}>
      <Switch>
        <Match when={saved()}>
          {(done) => (
            <SavedEnding
              id={done().id}
              title={filling.title()}
              next={props.next?.(done().id) ?? null}
              onTakeBack={() => void filling.takeBack().then(() => setEnding({ state: 'open' }))}
              onDone={() => void backKey.unwind().then(() => props.onSaved(done().id))}
              onNext={(go) => void backKey.unwind().then(go)}
            />
          )}
        </Match>
        <Match when={ending().state === 'discarded'}>
          <DiscardedEnding
            mayStartOver={props.onStartOver !== undefined}
            onUndo={() => void filling.undoDiscard().then(() => setEnding({ state: 'open' }))}
            onLeave={() => void backKey.unwind().then(() => props.onLeft())}
            onStartOver={() => void backKey.unwind().then(() => props.onStartOver?.())}
          />
        </Match>
        <Match when={true}>
          <header class="form-top">
            <div class="form-top__line">
              <button type="button" class="icon-button" aria-label={t('form.leave_keeping')} onClick={() => void leave()}>
                <ArrowLeft size={26} />
              </button>
              <div class="grow form-top__title">
                <strong>{door() || textOf(props.form.title)}</strong>
                <span class="form-top__second soft">
                  <Show when={door()}>
                    <span>{textOf(props.form.title)}</span>
                  </Show>
                  <Show when={filling.kept().state === 'kept'}>
                    <span class="form-top__kept">
                      <Check size={16} aria-hidden="true" />
                      {t('form.kept')}
                    </span>
                  </Show>
                </span>
              </div>
              <LanguagePick languages={filling.instance.languages} chosen={language.chosen()} onChoose={language.choose} />
              <button type="button" class="icon-button" aria-label={t('form.outline.open')} onClick={openOutline}>
                <List size={26} />
              </button>
            </div>
            <Progress filling={filling} />
          </header>

          <main class="form-page" data-page={filling.page().key}>
            <Show when={keptFailure(filling)}>
              {(reason) => (
                <p class="notice notice--bad" role="alert">
                  {t('form.keep_failed', { reason: reason() })}
                </p>
              )}
            </Show>
            <Show when={props.opened.missing.length > 0}>
              <p class="notice notice--warn">{t('form.files.missing', { names: props.opened.missing.join(t('form.comma')) })}</p>
            </Show>
            <Show when={failure()}>
              <p class="notice notice--bad" role="alert">
                {failure()}
              </p>
            </Show>
            <Show when={props.found && props.opened.draft}>
              {(draft) => (
                <div class="notice notice--calm form-found" role="status">
                  <span class="grow">{t('form.found.says', { at: moment(draft().updated_at) })}</span>
                  <button type="button" class="button" onClick={() => void discard()}>
                    <RotateCcw size={20} aria-hidden="true" /> {t('form.found.start_over')}
                  </button>
                </div>
              )}
            </Show>
            <Show when={asks && position() === 0}>
              <p class="form-note">{t('form.audit_location')}</p>
            </Show>
            <Show when={(props.opened.doorIsId || props.opened.household) && !props.try && left().size > 0}>
              <Suspense>
                <MovedDoor form={props.form} instance={filling.instance} place={props.start.place} known={props.opened.household} />
              </Suspense>
            </Show>
            <Show when={props.fix || props.start.base}>
              <Suspense>
                <Reopened form={props.form} start={props.start} fix={props.fix} filling={filling} onGo={goTo} />
              </Suspense>
            </Show>
            <PageHead filling={filling} />
            <Show when={position() === 0 && filling.usual().length > 0}>
              <button type="button" class="all-well" onClick={allWell}>
                <Sparkles size={28} />
                <span>
                  <strong>{t('form.all_well.button')}</strong>
                  <span>{t('form.all_well.hint')}</span>
                </span>
              </button>
            </Show>
            {/* One screen is made anew for each page: what it holds of its own belongs to that page. */}
            <Show when={filling.page().key} keyed>
              {(_key) => (
                <Switch fallback={<PageView page={filling.page()} filling={filling} />}>
                  <Match when={untrack(filling.page).kind === 'review'}>
                    <ReviewPage filling={filling} onGo={goTo} />
                  </Match>
                  <Match when={untrack(filling.page).kind === 'roster'}>
                    <RosterPage
                      page={filling.page()}
                      filling={filling}
                    />
                  </Match>
                </Switch>
              )}
            </Show>
            <Show when={usual().length > 0 && filling.page().kind !== 'review'}>
              <UsualAnswers questions={usual()} filling={filling} onGo={goTo} />
            </Show>
          </main>

          <Show when={toast()}>
            {(shown) => (
              <div class="toast" role="status">
                <span class="grow">{shown().text}</span>
                <button
                  type="button"
                  class="button"
                  onClick={() => {
                    shown().undo();
                    setToast(null);
                  }}
                >
                  <Undo2 size={20} /> {t('form.undo')}
                </button>
              </div>
            )}
          </Show>

          <footer class="thumb form-bottom">
            <button type="button" class="button form-bottom__back" disabled={position() === 0} aria-label={t('form.back')} onClick={() => (backKey.hasSteps() ? history.back() : filling.back())}>
              <ArrowLeft size={24} />
            </button>
            <Show
              when={filling.page().kind === 'review'}
              fallback={
                <>
                  <button type="button" class="button" classList={{ 'button--main': !ready() }} onClick={() => filling.next()}>
                    {position() === pages().length - 2 ? t('form.to_review') : t('form.next')} <ArrowRight size={22} />
                  </button>
                  <Show when={ready()}>
                    <button type="button" class="button button--main" disabled={ending().state === 'saving'} onClick={() => void save()}>
                      <Save size={22} /> {t('form.save')}
                    </button>
                  </Show>
                </>
              }
            >
              <Show
                when={missing().length === 0}
                fallback={
                  <button type="button" class="button button--main" onClick={() => goTo(missing()[0]!.question)}>
                    {t('form.review.to_first')} <ArrowRight size={22} />
                  </button>
                }
              >
                <button type="button" class="button button--main" disabled={ending().state === 'saving'} onClick={() => void save()}>
                  <Save size={22} /> {t('form.save')}
                </button>
              </Show>
            </Show>
          </footer>
          <Show when={outline()}>
            <Outline filling={filling} onClose={closeOutline} onDiscard={() => void discard()} />
          </Show>
        </Match>
      </Switch>
    </div>
  );
}

/** What "all well" filled in, each one tap from being changed. */
function UsualAnswers(props: { questions: Question[]; filling: Filling; onGo: (question: Question) => void }) {
  return (
    <section class="usual">
      <h2>{t('form.all_well.filled')}</h2>
      <div class="usual__answers">
        <For each={props.questions.filter((question) => question.relevant())}>
          {(question) => (
            <button type="button" class="usual__answer" onClick={() => props.onGo(question)}>
              <span class="soft">{[whose(question, props.filling), plain(question.label())].filter(Boolean).join(' · ')}</span> <strong>{answerWords(question, props.filling) || '–'}</strong>
            </button>
          )}
        </For>
      </div>
    </section>
  );
}

function keptFailure(filling: Filling): string | null {
  const kept = filling.kept();
  return kept.state === 'failed' ? kept.reason : null;
}
