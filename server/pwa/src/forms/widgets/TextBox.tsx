// Everything that is typed: words, telephone numbers, whole numbers, decimals. A box of text always: a number box of the browser hides what it cannot read.
import ExternalLink from 'lucide-solid/icons/external-link';
import Eye from 'lucide-solid/icons/eye';
import EyeOff from 'lucide-solid/icons/eye-off';
import { createEffect, createSignal, Show } from 'solid-js';
import { t } from '../../i18n/index.ts';
import type { WidgetProps } from './widget.ts';
import { grouped, openable, ungrouped } from './typed_words.ts';

const ROWS = 3;
const LINE_REM = 1.75;
const ROWS_MAX = 20;

export function TextBox(props: WidgetProps & { onEnter?: () => void; autofocus?: boolean }) {
  const has = (appearance: string) => props.question.appearance.has(appearance);
  const isNumber = () => props.question.type === 'integer' || props.question.type === 'decimal';
  const inGroups = () => isNumber() && has('thousands-sep');
  // While the box has the focus it shows what is typed: the engine writes "36." as "36", and the point would never get in.
  const [typing, setTyping] = createSignal<string | null>(null);
  const kept = () => (inGroups() ? grouped(props.filling.text(props.question)) : props.filling.text(props.question));
  const value = () => typing() ?? kept();
  const input = (raw: string) => {
    setTyping(raw);
    props.filling.answer(props.question, inGroups() ? ungrouped(raw) : raw);
  };
  // At once, inside the tap that asked for it: later, a phone would not raise its keyboard.
  let box: HTMLInputElement | undefined;
  createEffect(() => props.autofocus && box?.focus());
  const mode = () =>
    props.question.type === 'integer' ? 'numeric' : props.question.type === 'decimal' ? 'decimal' : has('numbers') ? 'tel' : has('url') ? 'url' : 'text';
  const masked = () => has('masked');
  const [unmasked, setUnmasked] = createSignal(false);
  const rows = () => Math.min(Math.max(Math.round(Number(props.question.parameters.rows)) || ROWS, 2), ROWS_MAX);
  const anotherApp = () => [...props.question.appearance].find((name) => /^(ex|printer|intent):/.test(name));
  const common = {
    class: 'input question__box',
    'aria-labelledby': props.labelledBy,
    onBlur: () => setTyping(null),
  } as const;
  return (
    <>
      <Show
        when={has('multiline') || (props.question.type === 'text' && props.question.parameters.rows)}
        fallback={
          <div class="box" classList={{ 'box--with': masked() || (has('url') && openable(value()) !== '') }}>
            <input
              {...common}
              type={masked() && !unmasked() ? 'password' : 'text'}
              autocomplete={masked() ? 'new-password' : 'off'}
              autocapitalize={has('url') || masked() ? 'none' : undefined}
              inputmode={mode()}
              enterkeyhint={props.onEnter ? 'next' : 'done'}
              value={value()}
              readonly={props.question.readonly()}
              ref={box}
              onInput={(event) => {
                input(event.currentTarget.value);
                if (!event.isComposing) props.filling.people.typed(props.question, event.currentTarget.value);
              }}
              onCompositionEnd={(event) => props.filling.people.typed(props.question, event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key !== 'Enter' || event.isComposing) return;
                event.preventDefault();
                if (props.onEnter) props.onEnter();
                else event.currentTarget.blur();
              }}
            />
            <Show when={masked()}>
              <button type="button" class="icon-button" aria-pressed={unmasked()} aria-label={t('form.text.show')} onClick={() => setUnmasked(!unmasked())}>
                <Show when={unmasked()} fallback={<Eye size={26} />}>
                  <EyeOff size={26} />
                </Show>
              </button>
            </Show>
            <Show when={has('url') && openable(value())}>
              {(address) => (
                <a class="icon-button" href={address()} target="_blank" rel="noopener noreferrer" aria-label={t('form.text.open')}>
                  <ExternalLink size={26} />
                </a>
              )}
            </Show>
          </div>
        }
      >
        <textarea {...common} autocomplete="off" rows={rows()} style={{ 'min-height': `${rows() * LINE_REM + 1.5}rem` }} value={value()} readonly={props.question.readonly()} onInput={(event) => input(event.currentTarget.value)} />
      </Show>
      <Show when={anotherApp()}>
        <p class="soft question__aside">{t('form.text.another_app')}</p>
      </Show>
    </>
  );
}
