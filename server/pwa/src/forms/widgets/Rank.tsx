// Things in order, best first: each has its number and two big buttons. The form's own order counts only once somebody said so.
import ArrowDown from 'lucide-solid/icons/arrow-down';
import ArrowUp from 'lucide-solid/icons/arrow-up';
import Check from 'lucide-solid/icons/check';
import { createMemo, createSignal, For, Show } from 'solid-js';
import { t } from '../../i18n/index.ts';
import { FormPicture } from '../FormFiles.tsx';
import { plain } from '../markup.ts';
import type { WidgetProps } from './widget.ts';

export default function Rank(props: WidgetProps) {
  const choices = createMemo(() => new Map(props.question.choices().map((choice) => [choice.value, choice])));
  const answered = () => props.filling.text(props.question) !== '';
  const order = createMemo(() => {
    const chosen = props.filling.text(props.question).split(' ').filter(Boolean);
    return [...chosen, ...[...choices().keys()].filter((value) => !chosen.includes(value))];
  });
  const [said, setSaid] = createSignal('');
  const write = (values: readonly string[]) => props.filling.answer(props.question, values.join(' '));
  const words = (value: string) => plain(choices().get(value)?.label ?? value);

  const move = (value: string, by: -1 | 1) => {
    const values = [...order()];
    const from = values.indexOf(value);
    values.splice(from, 1);
    values.splice(from + by, 0, value);
    write(values);
    setSaid(t('form.rank.now', { words: words(value), place: from + by + 1, count: values.length }));
  };

  return (
    <div class="stack">
      <ol class="rank" classList={{ 'rank--open': !answered() }} aria-labelledby={props.labelledBy}>
        <For each={order()}>
          {(value, index) => (
            <li class="rank__row">
              <span class="rank__number number" aria-hidden="true">
                {answered() ? index() + 1 : '–'}
              </span>
              <Show when={choices().get(value)?.media('image')}>{(name) => <FormPicture form={props.filling.form} name={name()} alt="" class="sheet__picture" />}</Show>
              <span class="grow">{words(value)}</span>
              <Show when={!props.question.readonly()}>
                <button type="button" class="icon-button rank__move" disabled={index() === 0} aria-label={t('form.rank.up', { words: words(value) })} onClick={() => move(value, -1)}>
                  <ArrowUp size={26} />
                </button>
                <button type="button" class="icon-button rank__move" disabled={index() === order().length - 1} aria-label={t('form.rank.down', { words: words(value) })} onClick={() => move(value, 1)}>
                  <ArrowDown size={26} />
                </button>
              </Show>
            </li>
          )}
        </For>
      </ol>
      <p class="visually-hidden" role="status">
        {said()}
      </p>
      <Show when={!props.question.readonly()}>
        <Show
          when={answered()}
          fallback={
            <button type="button" class="button button--soft widget-button" onClick={() => write(order())}>
              <Check size={22} /> {t('form.rank.as_it_is')}
            </button>
          }
        >
          <button type="button" class="button widget-button" onClick={() => write([])}>
            {t('form.clear')}
          </button>
        </Show>
      </Show>
    </div>
  );
}
