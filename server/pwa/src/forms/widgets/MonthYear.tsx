// A month or a year, where the day is not known or not asked: stepped, typed or tapped. Kept as its first day.
import Minus from 'lucide-solid/icons/minus';
import Plus from 'lucide-solid/icons/plus';
import { createSignal, For, Show } from 'solid-js';
import { locale, t } from '../../i18n/index.ts';
import { dateOf, partsOf } from './calendar_dates.ts';
import type { WidgetProps } from './widget.ts';

const MONTHS = Array.from({ length: 12 }, (_, month) => String(month + 1));

export default function MonthYear(props: WidgetProps) {
  const onlyYear = () => props.question.appearance.has('year');
  const parts = () => partsOf(props.filling.text(props.question));
  // A year without its month is no answer yet, but it stays in the box.
  const [pending, setPending] = createSignal<string | null>(null);
  const thisYear = String(new Date().getFullYear());
  const year = () => pending() ?? parts().year;
  const write = (year: string, month: string) => {
    const date = dateOf({ year, month: onlyYear() ? '1' : month, day: '1' });
    setPending(date ? null : year);
    props.filling.answer(props.question, date);
  };
  const step = (by: number) => write(String(Number(year() || thisYear) + (year() ? by : 0)), parts().month);
  const monthName = (month: string) => new Intl.DateTimeFormat(locale() === 'zh' ? 'zh-CN' : 'en-GB', { month: 'short' }).format(new Date(2000, Number(month) - 1, 1));
  return (
    <div class="stack" role="group" aria-labelledby={props.labelledBy}>
      <div class="counter">
        <button type="button" class="heat__step" disabled={props.question.readonly()} aria-label={t('form.date.year_before')} onClick={() => step(-1)}>
          <Minus size={26} />
        </button>
        <input
          class="input question__box counter__box number"
          type="text"
          inputmode="numeric"
          autocomplete="off"
          maxlength="4"
          aria-label={t('form.date.year')}
          placeholder={thisYear}
          value={year()}
          readonly={props.question.readonly()}
          onInput={(event) => {
            setPending(event.currentTarget.value);
            write(event.currentTarget.value.normalize('NFKC').trim(), parts().month);
          }}
          onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
        />
        <button type="button" class="heat__step" disabled={props.question.readonly()} aria-label={t('form.date.year_after')} onClick={() => step(1)}>
          <Plus size={26} />
        </button>
      </div>
      <Show when={!onlyYear()}>
        <div class="choices months" role="radiogroup" aria-label={t('form.date.month')}>
          <For each={MONTHS}>
            {(month) => (
              <button
                type="button"
                class="choice choice--quick"
                classList={{ 'choice--on': parts().month === month }}
                role="radio"
                aria-checked={parts().month === month}
                disabled={props.question.readonly()}
                onClick={() => write(year() || thisYear, month)}
              >
                {monthName(month)}
              </button>
            )}
          </For>
        </div>
      </Show>
      <Show when={props.filling.text(props.question) !== '' && !props.question.required() && !props.question.readonly()}>
        <button type="button" class="button widget-button" onClick={() => write('', '')}>
          {t('form.clear')}
        </button>
      </Show>
    </div>
  );
}
