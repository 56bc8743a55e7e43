// Dates and times by the phone's own pickers (when.ts says why), with the usual moments one tap away.
import { For, Show } from 'solid-js';
import { locale, t, type Key } from '../../i18n/index.ts';
import { inCalendar, isForeignCalendar } from './calendar_dates.ts';
import type { WidgetProps } from './widget.ts';
import { forPicker, isoWithZone, timeWithZone, withZone } from '../when.ts';

const DAY_MS = 86_400_000;
// Which usual moments are offered: of a date those gone by, of a date with a time those to come, unless the form says `past` or `future`.
const DAYS_AHEAD: { word: Key; back: number }[] = [
  { word: 'form.date.today', back: 0 },
  { word: 'form.date.tomorrow', back: -1 },
  { word: 'form.date.in_a_week', back: -7 },
];
const DAYS: { word: Key; back: number }[] = [
  { word: 'form.date.today', back: 0 },
  { word: 'form.date.yesterday', back: 1 },
  { word: 'form.date.day_before', back: 2 },
];

export function Moment(props: WidgetProps) {
  const type = () => props.question.type;
  const text = () => props.filling.text(props.question);
  const answer = (value: string) => props.filling.answer(props.question, value);
  const shown = () => (type() === 'dateTime' ? forPicker(text()) : type() === 'time' ? text().slice(0, 5) : text());
  const picked = (value: string) => answer(type() === 'dateTime' ? withZone(value) : type() === 'time' ? timeWithZone(value) : value);
  return (
    <div class="stack">
      <input
        class="input question__box"
        type={type() === 'dateTime' ? 'datetime-local' : type() === 'time' ? 'time' : 'date'}
        aria-labelledby={props.labelledBy}
        value={shown()}
        readonly={props.question.readonly()}
        onChange={(event) => picked(event.currentTarget.value)}
      />
      <div class="choices choices--3">
        <Show
          when={type() === 'date'}
          fallback={
            <For each={type() === 'dateTime' ? (props.question.appearance.has('past') ? justNow() : shortcuts()) : []}>
              {(shortcut) => (
                <button type="button" class="choice choice--quick" disabled={props.question.readonly()} classList={{ 'choice--on': shown() === shortcut.value }} onClick={() => picked(shortcut.value)}>
                  {t(shortcut.word)}
                </button>
              )}
            </For>
          }
        >
          <For each={props.question.appearance.has('future') ? DAYS_AHEAD : DAYS}>
            {({ word, back }) => {
              const day = isoWithZone(new Date(Date.now() - back * DAY_MS)).slice(0, 10);
              return (
                <button type="button" class="choice choice--quick" disabled={props.question.readonly()} classList={{ 'choice--on': text() === day }} onClick={() => answer(day)}>
                  {t(word)}
                </button>
              );
            }}
          </For>
        </Show>
      </div>
      <Show when={inCalendar(props.question.appearance, text(), locale() === 'zh' ? 'zh-CN' : 'en-GB')}>{(words) => <p class="question__aside">{words()}</p>}</Show>
      <Show when={isForeignCalendar(props.question.appearance)}>
        <p class="soft question__aside">{t('form.date.no_such_calendar')}</p>
      </Show>
    </div>
  );
}

/** What has just been done: now, half an hour ago, an hour ago. */
function justNow(): { word: Key; value: string }[] {
  const ago = (minutes: number) => isoWithZone(new Date(Date.now() - minutes * 60_000)).slice(0, 16);
  return [
    { word: 'form.date.now', value: ago(0) },
    { word: 'form.date.half_an_hour_ago', value: ago(30) },
    { word: 'form.date.an_hour_ago', value: ago(60) },
  ];
}

/** When someone says "come again": this evening, tomorrow morning, tomorrow evening. */
function shortcuts(): { word: Key; value: string }[] {
  const day = (ahead: number) => isoWithZone(new Date(Date.now() + ahead * DAY_MS)).slice(0, 10);
  return [
    { word: 'form.date.this_evening', value: `${day(0)}T18:00` },
    { word: 'form.date.tomorrow_morning', value: `${day(1)}T09:00` },
    { word: 'form.date.tomorrow_evening', value: `${day(1)}T18:00` },
  ];
}
