// A register on one screen: everything in view, save at the thumb, and the next entry is there at once with what stays the same.
import ArrowLeft from 'lucide-solid/icons/arrow-left';
import Check from 'lucide-solid/icons/check';
import Save from 'lucide-solid/icons/save';
import Undo2 from 'lucide-solid/icons/undo-2';
import { createEffect, createMemo, createRoot, createSignal, getOwner, onCleanup, Show, untrack } from 'solid-js';
import { day } from '../data/due.ts';
import { now } from '../data/now.ts';
import { newSubmissionId } from '../data/identity.ts';
import { sheets } from '../data/submissions.ts';
import type { Draft, FormScreenProps } from '../forms-contract.ts';
import { t, textOf } from '../i18n/index.ts';
import { answersOf } from './answers.ts';
import type { Instance } from './engine.ts';
import { Filling, type DraftState } from './filling.ts';
import { questionsOf } from './items.ts';
import { LanguagePick, useFormLanguage } from './LanguagePick.tsx';
import type { Opened } from './open.ts';
import { PageView } from './PageView.tsx';
import type { Page } from './pages.ts';
import { knownAnswers } from './prefill.ts';
import { entriesOf, keptAnswers } from './register.ts';
import { makeId } from './rosters.ts';

const SAID_SECONDS = 4;

interface Entry {
  filling: Filling;
  close: () => void;
}

export function Register(props: FormScreenProps & { opened: Opened; onOpenAnew: (draft: Draft) => void }) {
  const owner = getOwner();
  /** Each entry's own signals end with it, or memory would grow with every passer-by. */
  const enter = (instance: Instance, start: FormScreenProps['start'], draft: Draft | null): Entry =>
    createRoot((close) => ({ filling: new Filling(props.form, start, instance, { try: props.try }, draft, props.opened.doorIsId), close }), owner);
  const [entry, setEntry] = createSignal(enter(props.opened.instance, props.opened.start, props.opened.draft));
  const [saving, setSaving] = createSignal(false);
  const [failure, setFailure] = createSignal('');
  const [said, setSaid] = createSignal('');
  const [last, setLast] = createSignal<{ id: string; draft: Draft } | null>(null);
  /** the entry that was begun when the last one was taken back: it comes back after that */
  let waiting: Draft | null = null;
  let top!: HTMLDivElement;

  const today = createMemo(() => entriesOf(sheets(), props.form.form, (moment) => day(new Date(moment)) === day(now())).length);
  const page = (): Page => ({ key: '#register', kind: 'questions', title: '', section: '', rows: [], items: entry().filling.instance.items });

  const replace = (next: Entry) => {
    const before = untrack(entry);
    setEntry(next);
    before.filling.close();
    before.close();
    top?.scrollIntoView({ block: 'start' });
  };
  const restore = async (draft: Draft) => {
    const state = draft.state as DraftState;
    replace(enter(await props.opened.engine.restore(state.xml, state.hidden), props.opened.start, draft));
  };

  let timer: ReturnType<typeof setTimeout> | undefined;
  const say = (text: string) => {
    clearTimeout(timer);
    setSaid(text);
    timer = setTimeout(() => setSaid(''), SAID_SECONDS * 1000);
  };

  const save = async () => {
    if (saving()) return;
    setSaving(true);
    setFailure('');
    const { filling } = entry();
    const draft = filling.draft();
    const end = await filling.finish();
    setSaving(false);
    if (end.state === 'missing') {
      const first = untrack(() => filling.missing())[0];
      requestAnimationFrame(() => first && document.getElementById(`question-${first.question.id}`)?.scrollIntoView({ block: 'center' }));
      return;
    }
    if (end.state === 'failed') return void setFailure(t('form.save_failed', { reason: end.reason }));
    if (end.state === 'tried') return void props.onTried?.(end.answers, end.media);
    setLast({ id: end.id, draft });
    say(t('form.register.saved', { count: today() }));
    const held = waiting;
    waiting = null;
    if (held) return await restore(held);
    const kept = keptAnswers(props.form, answersOf((draft.state as DraftState).xml, props.form.fields));
    const start = { ...props.start, known: { ...kept, ...props.start.known } };
    replace(enter(props.opened.engine.start(knownAnswers(props.form, start, makeId)), start, null));
  };

  /** The last entry comes back as it was; saved again, it takes the place of what was sent. */
  const takeBack = async () => {
    const before = last();
    if (!before) return;
    setLast(null);
    setSaid('');
    const { filling } = entry();
    await filling.rest();
    if (filling.isBegun()) waiting = filling.draft();
    await restore({ ...before.draft, submission: newSubmissionId(), state: { ...(before.draft.state as DraftState), supersedes: before.id } });
    await entry().filling.keepNow();
  };

  const leave = async () => {
    await entry().filling.rest();
    props.onLeft();
  };

  const hurry = () => entry().filling.hurry();
  document.addEventListener('visibilitychange', hurry);
  window.addEventListener('pagehide', hurry);
  const language = useFormLanguage(() => entry().filling.instance);
  createEffect(() => entry().filling.broken() && props.onOpenAnew(untrack(() => entry().filling.draft())));
  onCleanup(() => {
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', hurry);
    window.removeEventListener('pagehide', hurry);
    const { filling, close } = untrack(entry);
    void filling.rest().then(() => {
      filling.close();
      close();
    });
  });

  const notKept = () => {
    const kept = entry().filling.kept();
    return kept.state === 'failed' ? kept.reason : '';
  };
  const answered = () => questionsOf(entry().filling.instance.items).some((question) => question.text() !== '');
  return (
    <div class="form-screen form-screen--register" ref={top}>
      <header class="form-top">
        <div class="form-top__line">
          <button type="button" class="icon-button" aria-label={t('form.leave_keeping')} onClick={() => void leave()}>
            <ArrowLeft size={26} />
          </button>
          <div class="grow form-top__title">
            <h1 tabindex="-1">{textOf(props.form.title)}</h1>
            <span class="form-top__second soft number" role="status">
              <Show when={said()} fallback={t('form.register.today', { count: today() })}>
                <span class="form-top__kept">
                  <Check size={16} aria-hidden="true" /> {said()}
                </span>
              </Show>
            </span>
          </div>
          <LanguagePick languages={entry().filling.instance.languages} chosen={language.chosen()} onChoose={language.choose} />
        </div>
      </header>
      <main class="form-page">
        <Show when={notKept()}>
          <p class="notice notice--bad" role="alert">
            {t('form.keep_failed', { reason: notKept() })}
          </p>
        </Show>
        <Show when={failure()}>
          <p class="notice notice--bad" role="alert">
            {failure()}
          </p>
        </Show>
        <Show when={entry()} keyed>
          {({ filling }) => <PageView page={page()} filling={filling} />}
        </Show>
      </main>
      <footer class="thumb form-bottom">
        <button type="button" class="button form-bottom__take-back" disabled={!last()} onClick={() => void takeBack()}>
          <Undo2 size={22} aria-hidden="true" /> {t('form.register.take_back')}
        </button>
        <button type="button" class="button button--main" disabled={saving() || !answered()} onClick={() => void save()}>
          <Save size={22} aria-hidden="true" /> {t('form.register.save')}
        </button>
      </footer>
    </div>
  );
}
