// Opens a form: reads what is known from the phone, then hands the screen to the form runner.
import { useNavigate, useParams, useSearchParams } from '@solidjs/router';
import FileX from 'lucide-solid/icons/file-x';
import { createMemo, createResource, createSignal, ErrorBoundary, Match, Show, Suspense, Switch, untrack } from 'solid-js';
import { doorName, subjectOf } from '../data/labels.ts';
import { nextCheck, nextNeverVisited } from '../data/next_door.ts';
import { now } from '../data/now.ts';
import { currentForm, left, loaded, rows, slots } from '../data/records.ts';
import { slotOf } from '../data/schedule.ts';
import { nextToMend, sheets } from '../data/submissions.ts';
import { FormScreen } from '../forms/index.ts';
import { t } from '../i18n/index.ts';
import { MovedOr } from './moves_later.tsx';
import { checkPath, fixPath, type FormAddress, prepareForm, SURVEY, surveyPath } from './open_form.ts';
import { Empty, Header } from './parts.tsx';

export default function FormPage() {
  const params = useParams<{ form: string }>();
  const [address] = useSearchParams<Record<keyof Omit<FormAddress, 'form'>, string>>();
  const navigate = useNavigate();
  const hasBefore = history.length > 1;
  const leave = () => (hasBefore ? navigate(-1) : navigate('/', { replace: true }));
  const [startedOver, setStartedOver] = createSignal(0);
  // Read once, and once more when a form that was missing has come: a sync behind the form must not change it under the person's hands.
  const isHere = createMemo(() => currentForm(params.form) !== undefined);
  const [form] = createResource(
    () => (loaded() && params.form ? JSON.stringify([params.form, isHere(), startedOver(), address.household, address.record, address.kind, address.draft, address.fix]) : undefined),
    () => untrack(() => prepareForm({ form: params.form, ...address } as FormAddress)),
  );
  /** A record that has left: a form begun newly at it says so first. */
  const gone = (): string => (address.draft || address.fix || form()?.found ? '' : (left().get(address.record ?? address.household ?? '')?._id ?? ''));
  const [allTheSame, setAllTheSame] = createSignal(false);
  /** Where to go after this form was saved, by what was saved: the next door, or the next form that the office sent back. */
  const next = (submission: string) => {
    const saved = sheets().find(({ submission: { _id } }) => _id === submission)?.submission;
    if (saved?.supersedes) {
      const mend = nextToMend(sheets());
      return mend && { what: t('submission.next_to_mend'), name: subjectOf(mend), go: () => navigate(fixPath(mend.submission), { replace: true }) };
    }
    const household = saved?.answers.household_id;
    if (!saved || typeof household !== 'string') return null;
    const slot = slotOf(slots(), saved.form, saved.answers);
    const found = slot ? nextCheck(rows(), now(), household, slot) : saved.form === SURVEY && nextNeverVisited(rows(), household);
    if (!found) return null;
    const path = found.slot ? checkPath(found.household, saved.form, found.slot) : surveyPath(found.household);
    return { name: doorName(rows().get(found.household)) || t('today.unknown_door'), go: () => navigate(path, { replace: true }) };
  };

  return (
    <ErrorBoundary
      fallback={(error) => (
        <main class="screen">
          <Header title={t('form_page.failed')} onBack={leave} />
          <p class="notice notice--bad">{String(error)}</p>
        </main>
      )}
    >
      <Suspense fallback={<Opening />}>
        <Switch fallback={<Opening />}>
          <Match when={form.state === 'ready' && form() === null}>
            <main class="screen">
              <Header title={t('form_page.title')} onBack={leave} />
              <Empty icon={FileX} title={t('form_page.missing')} hint={t('form_page.missing_hint')} />
            </main>
          </Match>
          <Match when={form() && !allTheSame() && gone()}>
            {(id) => (
              <main class="screen screen--record">
                <Header title={left().get(id())?.label ?? t('form_page.title')} onBack={leave} />
                <MovedOr id={id()}>{null}</MovedOr>
                <Show when={form()!.form.starts_new || form()!.form.form === SURVEY}>
                  <div class="thumb">
                    <button type="button" class="button" onClick={() => setAllTheSame(true)}>{t('moves.begin')}</button>
                  </div>
                </Show>
              </main>
            )}
          </Match>
          <Match when={form()} keyed>
            {(ready) => <FormScreen {...ready} next={(id) => untrack(() => next(id))} onSaved={leave} onLeft={leave} onStartOver={ready.found ? () => setStartedOver(startedOver() + 1) : undefined} />}
          </Match>
        </Switch>
      </Suspense>
    </ErrorBoundary>
  );
}

function Opening() {
  return (
    <main class="screen" aria-busy="true">
      <p class="empty">{t('form_page.loading')}</p>
    </main>
  );
}
