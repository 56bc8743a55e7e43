// Everything that is typed: words, telephone numbers, whole numbers, decimals. A box of text always: a number box of the browser hides what it cannot read.
import { createEffect, createSignal, Show } from 'solid-js';
import type { Filling } from '../filling.ts';
import type { Question } from '../items.ts';

export function TextBox(props: { question: Question; filling: Filling; labelledBy: string; onEnter?: () => void; autofocus?: boolean }) {
  // While the box has the focus it shows what is typed: the engine writes "36." as "36", and the point would never get in.
  const [typing, setTyping] = createSignal<string | null>(null);
  const value = () => typing() ?? props.filling.text(props.question);
  const input = (raw: string) => {
    setTyping(raw);
    props.filling.answer(props.question, raw);
  };
  // At once, inside the tap that asked for it: later, a phone would not raise its keyboard.
  let box: HTMLInputElement | undefined;
  createEffect(() => props.autofocus && box?.focus());
  const mode = () => (props.question.type === 'integer' ? 'numeric' : props.question.type === 'decimal' ? 'decimal' : props.question.appearance.has('numbers') ? 'tel' : 'text');
  const common = {
    class: 'input question__box',
    'aria-labelledby': props.labelledBy,
    autocomplete: 'off',
    onBlur: () => setTyping(null),
  } as const;
  return (
    <Show
      when={props.question.appearance.has('multiline')}
      fallback={
        <input
          {...common}
          type="text"
          inputmode={mode()}
          enterkeyhint={props.onEnter ? 'next' : 'done'}
          value={value()}
          readonly={props.question.readonly()}
          ref={box}
          onInput={(event) => input(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.isComposing) return;
            event.preventDefault();
            if (props.onEnter) props.onEnter();
            else event.currentTarget.blur();
          }}
        />
      }
    >
      <textarea {...common} rows="3" value={value()} readonly={props.question.readonly()} onInput={(event) => input(event.currentTarget.value)} />
    </Show>
  );
}
