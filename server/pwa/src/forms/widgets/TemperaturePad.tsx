// A body temperature in two taps or one: the pad opens at 36, a tenth finishes it. Fever is said by colour and by word.
import Check from 'lucide-solid/icons/check';
import Minus from 'lucide-solid/icons/minus';
import Pencil from 'lucide-solid/icons/pencil';
import Plus from 'lucide-solid/icons/plus';
import Thermometer from 'lucide-solid/icons/thermometer';
import TriangleAlert from 'lucide-solid/icons/triangle-alert';
import { createSignal, For, Show } from 'solid-js';
import { t } from '../../i18n/index.ts';
import type { Filling } from '../filling.ts';
import type { Question } from '../items.ts';

/** The action level of the notices of 2020: 37.3 ℃ in the armpit. */
export const FEVER_FROM_CELSIUS = 37.3;
const LOW_BELOW_CELSIUS = 35;
// Beyond this nobody has fever: something was mistyped, and the form's own rule says so.
const LIVING_CELSIUS = { from: 30, to: 45 };
const OPENS_AT_CELSIUS = 36;
// What is rarer is typed, or reached by the steps.
const DEGREES = [35, 36, 37, 38, 39];
const TENTHS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

export type Heat = 'blank' | 'low' | 'normal' | 'fever';

export function heatOf(text: string): Heat {
  const celsius = Number(text);
  if (text === '' || !(celsius >= LIVING_CELSIUS.from && celsius <= LIVING_CELSIUS.to)) return 'blank';
  return celsius >= FEVER_FROM_CELSIUS ? 'fever' : celsius < LOW_BELOW_CELSIUS ? 'low' : 'normal';
}

export function TemperaturePad(props: { question: Question; filling: Filling; labelledBy: string; open: boolean; onOpen: () => void; onDone: () => void }) {
  const text = () => props.filling.text(props.question);
  const celsius = () => (heatOf(text()) === 'blank' ? null : Number(text()));
  const [degree, setDegree] = createSignal<number | null>(null);
  const shownDegree = () => degree() ?? (celsius() === null ? OPENS_AT_CELSIUS : Math.floor(celsius()!));
  const [typing, setTyping] = createSignal<string | null>(null);

  const write = (value: number) => props.filling.answer(props.question, value.toFixed(1));
  const chooseDegree = (value: number) => {
    setDegree(value);
    const tenths = celsius() === null ? null : Math.round((celsius()! % 1) * 10) % 10;
    if (tenths !== null) write(value + tenths / 10);
  };
  const chooseTenth = (tenth: number) => {
    write(shownDegree() + tenth / 10);
    setDegree(null);
    props.onDone();
  };
  const step = (by: number) => {
    setDegree(null);
    write(Math.round(((celsius() ?? OPENS_AT_CELSIUS) + by) * 10) / 10);
  };

  return (
    <div class="heat" data-heat={heatOf(text())}>
      <div class="heat__line">
        <Show when={props.open}>
          <button type="button" class="heat__step" aria-label={t('form.temperature.less')} onClick={() => step(-0.1)}>
            <Minus size={26} />
          </button>
        </Show>
        <span class="heat__value">
          <input
            class="heat__box number"
            type="text"
            inputmode="decimal"
            autocomplete="off"
            aria-labelledby={props.labelledBy}
            placeholder={`${shownDegree()}.–`}
            value={typing() ?? text()}
            onFocus={() => props.onOpen()}
            onInput={(event) => {
              setTyping(event.currentTarget.value);
              setDegree(null);
              props.filling.answer(props.question, event.currentTarget.value);
            }}
            onBlur={() => setTyping(null)}
          />
          <span class="heat__unit">℃</span>
        </span>
        <Show when={props.open}>
          <button type="button" class="heat__step" aria-label={t('form.temperature.more')} onClick={() => step(0.1)}>
            <Plus size={26} />
          </button>
        </Show>
        <Show when={!props.open}>
          <HeatWord text={text()} />
          <button type="button" class="button heat__change" aria-label={t(text() === '' ? 'form.temperature.measure' : 'form.change')} onClick={() => props.onOpen()}>
            <Show when={text() === ''} fallback={<Pencil size={24} />}>
              {t('form.temperature.measure')}
            </Show>
          </button>
        </Show>
      </div>
      <Show when={props.open}>
        <HeatWord text={text()} />
        <div class="heat__pad heat__pad--degrees" role="group" aria-label={t('form.temperature.degrees')}>
          <For each={DEGREES}>
            {(value) => (
              <button type="button" class="heat__key heat__key--degree number" classList={{ 'heat__key--on': shownDegree() === value }} aria-pressed={shownDegree() === value} onClick={() => chooseDegree(value)}>
                {value}
              </button>
            )}
          </For>
        </div>
        <div class="heat__pad" role="group" aria-label={t('form.temperature.tenths')}>
          <For each={TENTHS}>
            {(tenth) => {
              const value = () => shownDegree() + tenth / 10;
              const on = () => celsius() !== null && Math.abs(celsius()! - value()) < 0.01;
              return (
                <button
                  type="button"
                  class="heat__key number"
                  classList={{ 'heat__key--on': on(), 'heat__key--fever': value() >= FEVER_FROM_CELSIUS - 0.001 }}
                  aria-pressed={on()}
                  aria-label={value().toFixed(1)}
                  onClick={() => chooseTenth(tenth)}
                >
                  .{tenth}
                </button>
              );
            }}
          </For>
        </div>
      </Show>
    </div>
  );
}

function HeatWord(props: { text: string }) {
  return (
    <Show when={heatOf(props.text) !== 'blank'}>
      <span class="heat__word" role="status">
        <Show when={heatOf(props.text) === 'fever'}>
          <TriangleAlert size={20} /> {t('form.temperature.fever')}
        </Show>
        <Show when={heatOf(props.text) === 'low'}>
          <Thermometer size={20} /> {t('form.temperature.low')}
        </Show>
        <Show when={heatOf(props.text) === 'normal'}>
          <Check size={20} /> {t('form.temperature.normal')}
        </Show>
      </span>
    </Show>
  );
}
