// One question: its words, its control, and beside it whatever is wrong with the answer.
import Building from 'lucide-solid/icons/building';
import CircleAlert from 'lucide-solid/icons/circle-alert';
import MessageSquareText from 'lucide-solid/icons/message-square-text';
import { createSignal, For, Match, Show, Suspense, Switch } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import { t, textOf } from '../i18n/index.ts';
import { answerWords } from './answer_words.ts';
import type { Filling } from './filling.ts';
import type { Question } from './items.ts';
import { plain } from './markup.ts';
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

export function QuestionCard(props: { question: Question; filling: Filling; pad: Pad; fold?: boolean }) {
  const q = () => props.question;
  const labelId = () => `label-${q().id}`;
  const wrong = () => complaints(q(), props.filling).length > 0;
  // On a card, what "all well" has filled in takes one line, so that two people fit on a screen.
  const [unfolded, setUnfolded] = createSignal(false);
  const folded = () => props.fold === true && !unfolded() && !wrong() && props.filling.filledByAllWell().includes(q());
  return (
    <Show
      when={q().type !== 'note'}
      fallback={
        <Show when={q().label()}>
          <div class="form-note">
            <Words of={q().markup()} />
          </div>
        </Show>
      }
    >
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
    const text = note.by ? t('form.office.comment', { by: note.by, text: textOf(note.text) }) : t('form.office.problem', { text: textOf(note.text) });
    said.push({ from: note.by ? 'person' : 'office', text });
  }
  return said;
}
