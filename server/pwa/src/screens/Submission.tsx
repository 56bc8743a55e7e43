// One submission: where it has got to, what is wrong with it, what the office said, what was answered.
import { A, useNavigate, useParams } from '@solidjs/router';
import FileX from 'lucide-solid/icons/file-x';
import House from 'lucide-solid/icons/house';
import MessageSquare from 'lucide-solid/icons/message-square';
import SquarePen from 'lucide-solid/icons/square-pen';
import Wrench from 'lucide-solid/icons/wrench';
import { createMemo, For, Show } from 'solid-js';
import type { FormField } from '../data/documents.ts';
import { doorName, fieldsByPath, formTitle, placeLabel, subjectOf } from '../data/labels.ts';
import { currentForm, formOf, loaded, oneOf, rows } from '../data/records.ts';
import { correctionOf, sheets } from '../data/submissions.ts';
import { moment } from '../i18n/dates.ts';
import { type Key, t } from '../i18n/index.ts';
import { Answered, Problems } from './Answered.tsx';
import { fixPath } from './open_form.ts';
import { Empty, Header, Skeletons, StateChip } from './parts.tsx';

export function SubmissionScreen() {
  const params = useParams<{ id: string }>();
  const navigate = useNavigate();
  const sheet = createMemo(() => sheets().find(({ submission }) => submission._id === decodeURIComponent(params.id)));
  const form = createMemo(() => sheet() && formOf(sheet()!.submission.form, sheet()!.submission.version));
  const fields = createMemo(() => (form() ? fieldsByPath(form()!) : new Map<string, FormField>()));
  const mendable = () => ['needs_fixing', 'returned'].includes(sheet()?.state.state ?? '');
  const correction = () => correctionOf(sheet()?.submission._id ?? '', sheets())?.submission._id;
  const waitsForOffice = () => sheet()?.state.state === 'waits_for_office';
  const correctable = () => ['waiting', 'sent', 'accepted', 'waits_for_office'].includes(sheet()?.state.state ?? '') && !correction() && (form() ?? currentForm(sheet()!.submission.form)) !== undefined;
  const door = () => rows().get(oneOf(String(sheet()?.submission.answers.household_id ?? '')));
  const place = (path: string | null) => placeLabel(path, fields(), sheet()?.submission.answers);

  return (
    <main class="screen screen--record">
      <Header title={sheet() ? subjectOf(sheet()!) : t('submission.title')} />
      <Show when={sheet()} fallback={<Show when={loaded()} fallback={<Skeletons count={4} />}><Empty icon={FileX} title={t('submission.not_found')} /></Show>}>
        {(current) => (
          <>
            <div class="card stack">
              <div class="row row--wrap"><strong class="grow">{formTitle(current().submission.form)}</strong><StateChip state={current().state} /></div>
              <p>{t(`state.${current().state.state}_hint` as Key)}</p>
              <p class="soft">{t('submission.finished', { at: moment(current().submission.finished_at) })}</p>
              <Show when={correction()}>
                {(by) => <A class="button button--soft" href={`/submission/${encodeURIComponent(by())}`}>{t('submission.open_new')}</A>}
              </Show>
              <Show when={door()}>
                {(row) => (
                  <A class="button button--soft" href={`/household/${encodeURIComponent(row().id)}`}>
                    <House size={22} aria-hidden="true" />
                    {doorName(row())}
                  </A>
                )}
              </Show>
              <Show when={current().submission.supersedes}>
                {(former) => (
                  <>
                    <p class="soft">{t('submission.corrects')}</p>
                    <Show when={sheets().some(({ submission }) => submission._id === former())}>
                      <A class="button button--soft" href={`/submission/${encodeURIComponent(former())}`}>{t('submission.open_old')}</A>
                    </Show>
                  </>
                )}
              </Show>
            </div>
            <Show when={(current().receipt?.comments?.length ?? 0) > 0}>
              <section class="stack">
                <h2>{t('submission.comments')}</h2>
                <For each={current().receipt!.comments}>
                  {(comment) => (
                    <div class="notice notice--warn">
                      <MessageSquare size={22} aria-hidden="true" />
                      <div>
                        <Show when={comment.path}><strong>{place(comment.path)}</strong></Show>
                        <p>{comment.text}</p>
                        <p class="soft">{t('submission.by', { by: comment.by, at: moment(comment.at) })}</p>
                      </div>
                    </div>
                  )}
                </For>
              </section>
            </Show>
            <Show when={(current().receipt?.problems.length ?? 0) > 0 && (mendable() || waitsForOffice())}>
              <section class="stack">
                <h2>{t(waitsForOffice() ? 'submission.for_office' : 'submission.problems')}</h2>
                <Problems problems={current().receipt!.problems} place={place} tone={waitsForOffice() ? 'calm' : 'bad'} />
              </section>
            </Show>
            <Show when={(current().receipt?.remarks?.length ?? 0) > 0}>
              <section class="stack">
                <h2>{t('submission.remarks')}</h2>
                <Problems problems={current().receipt!.remarks} place={place} tone="calm" />
              </section>
            </Show>
            <section class="stack">
              <h2>{t('submission.answers')}</h2>
              {/* Opened anew on this page, the app has the submission before it has the form that says what was asked. */}
              <Show when={form()} keyed fallback={<Show when={loaded()} fallback={<Skeletons count={2} />}><p class="card soft">{t('form_page.missing')}</p></Show>}>
                <div class="card"><Answered answers={current().submission.answers} whole={current().submission.answers} path="" fields={fields()} /></div>
              </Show>
            </section>
            <Show when={mendable()}>
              <div class="thumb">
                <button type="button" class="button button--main" onClick={() => navigate(fixPath(current().submission))}>
                  <Wrench size={22} aria-hidden="true" />
                  {t('outbox.fix')}
                </button>
              </div>
            </Show>
            <Show when={correctable()}>
              <div class="thumb">
                <button type="button" class="button" onClick={() => navigate(fixPath(current().submission))}>
                  <SquarePen size={22} aria-hidden="true" />
                  {t('submission.correct')}
                </button>
              </div>
            </Show>
          </>
        )}
      </Show>
    </main>
  );
}
