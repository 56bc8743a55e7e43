// A date without a calendar, for days long ago: the year typed, month and day picked.
import { createEffect, createSignal, For, untrack } from 'solid-js';
import { locale, t } from '../../i18n/index.ts';
import { dateOf, daysIn, partsOf, type Parts } from './calendar_dates.ts';
import type { WidgetProps } from './widget.ts';

const upTo = (count: number) => Array.from({ length: count }, (_, number) => String(number + 1));

export default function DateParts(props: WidgetProps) {
  const text = () => props.filling.text(props.question);
  // Parts that are no date yet stand in the boxes, and nowhere else.
  const [parts, setParts] = createSignal<Parts>(partsOf(untrack(text)));
  createEffect(() => {
    const kept = text();
    if (kept !== untrack(() => dateOf(parts()))) setParts(partsOf(kept));
  });
  const change = (part: Partial<Parts>) => {
    setParts({ ...parts(), ...part });
    const date = dateOf(parts());
    if (date) setParts(partsOf(date));
    props.filling.answer(props.question, date);
  };
  const words = (part: 'month' | 'day', number: string) =>
    new Intl.DateTimeFormat(locale() === 'zh' ? 'zh-CN' : 'en-GB', part === 'month' ? { month: 'short' } : { day: 'numeric' }).format(part === 'month' ? new Date(2000, Number(number) - 1, 1) : new Date(2000, 0, Number(number)));
  const pick = (part: 'month' | 'day', count: () => number) => (
    <select class="input question__box" aria-label={t(`form.date.${part}`)} disabled={props.question.readonly()} onChange={(event) => change({ [part]: event.currentTarget.value })}>
      <option value="" selected={parts()[part] === ''}>
        {t(`form.date.${part}`)}
      </option>
      <For each={upTo(count())}>
        {(number) => (
          <option value={number} selected={parts()[part] === number}>
            {words(part, number)}
          </option>
        )}
      </For>
    </select>
  );
  return (
    <div class="date-parts" role="group" aria-labelledby={props.labelledBy}>
      <input
        class="input question__box number"
        type="text"
        inputmode="numeric"
        autocomplete="off"
        maxlength="4"
        aria-label={t('form.date.year')}
        placeholder={t('form.date.year')}
        value={parts().year}
        readonly={props.question.readonly()}
        onInput={(event) => change({ year: event.currentTarget.value.normalize('NFKC').trim() })}
      />
      {pick('month', () => 12)}
      {pick('day', () => daysIn(parts().year, parts().month))}
    </div>
  );
}
