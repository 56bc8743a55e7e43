// One question: its words, its control, and beside it whatever is wrong with the answer.
import Building from 'lucide-solid/icons/building';
import CircleAlert from 'lucide-solid/icons/circle-alert';
import MessageSquareText from 'lucide-solid/icons/message-square-text';
import { createSignal, ErrorBoundary, For, Match, Show, Suspense, Switch } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import { t, textOf } from '../i18n/index.ts';
import { answerWords } from './answer_words.ts';
import type { Filling } from './filling.ts';
import { FormFilm, FormPicture, FormSound, LargePicture } from './FormFiles.tsx';
import type { MediaKind, Question } from './items.ts';
import { Likely } from './Likely.tsx';
import { plain } from './markup.ts';
import { noteWords } from './OfficeSays.tsx';
import { Words } from './Words.tsx';
import { widgetFor } from './widgets/index.ts';
import { TemperaturePad } from './widgets/TemperaturePad.tsx';

export interface Pad {
  open(): string | null;
  show(question: Question): void;
  done(question: Question): void;
}

export function isTemperature(question: Question): boolean {
  return question.type === 'decimal' && question.appearance.has('temperature');
}

export { plain };

interface CardProps {
  question: Question;
  filling: Filling;
  pad: Pad;
  fold?: boolean;
}

/** What breaks in one question takes none of the others away. */
export function QuestionCard(props: CardProps) {
  return (
    <ErrorBoundary
      fallback={(error) => (
        <p class="notice notice--bad" role="alert">
          {t('form.question_broken', { reason: (error as Error).message })}
        </p>
      )}
    >
      <Card {...props} />
    </ErrorBoundary>
  );
}

function Card(props: CardProps) {
  const q = () => props.question;
  const labelId = () => `label-${q().id}`;
  const wrong = () => complaints(q(), props.filling).length > 0;
  // On a card, what "all well" has filled in takes one line, so that two people fit on a screen.
  const [unfolded, setUnfolded] = createSignal(false);
  const folded = () => props.fold === true && !unfolded() && !wrong() && props.filling.filledByAllWell().includes(q());
  return (
    <Show when={q().type !== 'note'} fallback={<Note question={q()} filling={props.filling} />}>
      <section class="question" classList={{ 'question--wrong': wrong() }} id={`question-${q().id}`} data-path={q().path()}>
        <h3 class="question__label" id={labelId()}>
          <span>
            <Words of={q().markup()} />
          </span>
          <Show when={q().required() && q().type !== 'acknowledge'}>
            <span class="question__must">{t('form.required')}</span>
          </Show>
        </h3>
        <Show when={q().hint().length > 0}>
          <div class="question__hint">
            <Words of={q().hint()} />
          </div>
        </Show>
        <Show when={q().guidance().length > 0}>
          <details class="question__guidance">
            <summary>{t('form.guidance')}</summary>
            <Words of={q().guidance()} />
          </details>
        </Show>
        <Beside question={q()} filling={props.filling} />
        <Switch
          fallback={
            <Suspense fallback={<div class="skeleton" aria-busy="true" />}>
              <Dynamic component={widgetFor(q())} question={q()} filling={props.filling} labelledBy={labelId()} />
            </Suspense>
          }
        >
          <Match when={folded()}>
            <div class="folded">
              <strong class="grow">{answerWords(q(), props.filling)}</strong>
              <button type="button" class="button" aria-describedby={labelId()} onClick={() => setUnfolded(true)}>
                {t('form.change')}
              </button>
            </div>
          </Match>
          <Match when={isTemperature(q())}>
            <TemperaturePad
              question={q()}
              filling={props.filling}
              labelledBy={labelId()}
              open={props.pad.open() === q().id}
              onOpen={() => props.pad.show(q())}
              onDone={() => props.pad.done(q())}
            />
          </Match>
        </Switch>
        <Show when={props.filling.people.names(q())}>
          <Likely question={q()} filling={props.filling} />
        </Show>
        <For each={complaints(q(), props.filling)}>
          {(complaint) => (
            <p class="question__problem" role="alert">
              <Show when={complaint.from === 'rule'} fallback={complaint.from === 'office' ? <Building size={22} /> : <MessageSquareText size={22} />}>
                <CircleAlert size={22} />
              </Show>
              <span>{complaint.text}</span>
            </p>
          )}
        </For>
      </section>
    </Show>
  );
}

/** Words to be read: with what was worked out, and pictures and sounds. */
function Note(props: { question: Question; filling: Filling }) {
  return (
    <Show when={props.question.label() || props.question.text() || props.question.media('image')}>
      <div class="form-note">
        <Words of={props.question.markup()} />
        <Show when={props.question.hint().length > 0}>
          <div class="question__hint">
            <Words of={props.question.hint()} />
          </div>
        </Show>
        <Show when={props.question.text()}>
          <output class="form-note__value">{props.question.text()}</output>
        </Show>
        <Beside question={props.question} filling={props.filling} />
      </div>
    </Show>
  );
}

/** The form's own picture, sound and film beside the words. */
function Beside(props: { question: Question; filling: Filling }) {
  const media = (kind: MediaKind) => props.question.media(kind);
  return (
    <Show when={media('image') || media('audio') || media('video')}>
      <div class="question__beside">
        <Show when={media('image')}>{(name) => <FormPicture form={props.filling.form} name={name()} alt={plain(props.question.label())} class="question__picture" />}</Show>
        <Show when={media('big-image')}>{(name) => <LargePicture form={props.filling.form} name={name()} words={plain(props.question.label())} />}</Show>
        <Show when={media('video')}>{(name) => <FormFilm form={props.filling.form} name={name()} />}</Show>
        <Show when={media('audio')}>{(name) => <FormSound form={props.filling.form} name={name()} words={plain(props.question.label())} />}</Show>
      </div>
    </Show>
  );
}

interface Complaint {
  from: 'rule' | 'office' | 'person';
  text: string;
}

/** Everything that is said against the answer now: what could not be read, the form's rules, the office's findings. */
function complaints(question: Question, filling: Filling): Complaint[] {
  const said: Complaint[] = [];
  const refused = filling.refusal(question);
  if (refused)
    said.push({ from: 'rule', text: t(`form.typed.${refused.problem}`, { reason: refused.reason ?? '' }) });
  const violation = filling.violation(question);
  if (violation) said.push({ from: 'rule', text: violation.message || t(violation.rule === 'required' ? 'form.missing.required' : 'form.missing.constraint') });
  for (const note of filling.noteOn(question)) {
    // The centre has the same rules: what the phone says itself is not said twice.
    if (!note.by && said.some((complaint) => complaint.text === textOf(note.text))) continue;
    said.push({ from: note.by ? 'person' : 'office', text: noteWords(note) });
  }
  return said;
}
