// One or several of a list, as big buttons; a long list, or one that the form calls minimal, by the phone's own picker.
import { For, Show } from 'solid-js';
import { t } from '../../i18n/index.ts';
import type { Filling } from '../filling.ts';
import type { Question } from '../items.ts';

const BUTTONS_MAX = 15;
// Widths that fit beside each other on 390 px, a Chinese character counted as two.
const WIDTH_OF_THREE = 8;
const LATIN_WIDTH = 1.2;
const BOX_WIDTH = 3;
const WIDTH_OF_TWO = 15;
// A long list of longer words is better read in two columns of two lines than scrolled.
const LONG_LIST = 5;
const WIDTH_OF_TWO_LINES = 28;

export function Choices(props: { question: Question; filling: Filling; labelledBy: string }) {
  const several = () => props.question.type === 'select_multiple';
  const chosen = () => props.filling.text(props.question).split(' ').filter(Boolean);
  const picker = () =>
    !several() && (props.question.appearance.has('minimal') || props.question.appearance.has('autocomplete') || props.question.choices().length > BUTTONS_MAX);

  const toggle = (value: string) => {
    const now = chosen();
    if (!several()) return props.filling.answer(props.question, now[0] === value && !props.question.required() ? '' : value);
    const next = now.includes(value) ? now.filter((other) => other !== value) : [...now, value];
    props.filling.answer(props.question, next.join(' '));
  };

  return (
    <Show
      when={picker()}
      fallback={
        <div class={`choices choices--${columns(props.question.choices().map((choice) => choice.label), several())}`} role={several() ? 'group' : 'radiogroup'} aria-labelledby={props.labelledBy}>
          <For each={props.question.choices()}>
            {(choice) => {
              const on = () => chosen().includes(choice.value);
              return (
                <button
                  type="button"
                  class="choice"
                  classList={{ 'choice--on': on(), 'choice--several': several() }}
                  role={several() ? 'checkbox' : 'radio'}
                  aria-checked={on()}
                  disabled={props.question.readonly()}
                  onClick={() => toggle(choice.value)}
                >
                  <span class="choice__mark" aria-hidden="true" />
                  <span class="choice__word">{choice.label}</span>
                </button>
              );
            }}
          </For>
        </div>
      }
    >
      <select
        class="input question__box"
        aria-labelledby={props.labelledBy}
        disabled={props.question.readonly()}
        onChange={(event) => props.filling.answer(props.question, event.currentTarget.value)}
      >
        <option value="" selected={chosen().length === 0}>
          {t('form.choose')}
        </option>
        <For each={props.question.choices()}>
          {(choice) => (
            <option value={choice.value} selected={chosen().includes(choice.value)}>
              {choice.label}
            </option>
          )}
        </For>
      </select>
    </Show>
  );
}

function columns(labels: readonly string[], several: boolean): 1 | 2 | 3 {
  const widest = Math.max(0, ...labels.map(widthOf));
  if (widest <= (several ? WIDTH_OF_THREE - BOX_WIDTH : WIDTH_OF_THREE) && labels.length > 2 && labels.length !== 4) return 3;
  return widest <= (labels.length >= LONG_LIST ? WIDTH_OF_TWO_LINES : WIDTH_OF_TWO) ? 2 : 1;
}

function widthOf(label: string): number {
  return [...label].reduce((width, character) => width + (character.codePointAt(0)! > 0x2e80 ? 2 : LATIN_WIDTH), 0);
}
