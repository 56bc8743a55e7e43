// A number between two ends: a slider with big steps beside it, stars, or the phone's own picker. Nothing is answered until it is touched.
import Minus from 'lucide-solid/icons/minus';
import Plus from 'lucide-solid/icons/plus';
import Star from 'lucide-solid/icons/star';
import { createMemo, createUniqueId, For, Index, Match, Show, Switch } from 'solid-js';
import { t } from '../../i18n/index.ts';
import type { WidgetProps } from './widget.ts';
import { stepOf, stepsIn, valueAt, valuesIn } from './range.ts';

const PICKER_VALUES_MAX = 500;
const STARS_MAX = 10;
const TICKS_MAX = 20;
// A slider of a hundred steps is hard to hit with a glove: then there are two more buttons for ten at once.
const MANY_STEPS = 40;

export default function RangeSlider(props: WidgetProps) {
  const range = () => props.question.range!;
  const has = (appearance: string) => props.question.appearance.has(appearance);
  // The engine writes a decimal as "2.0".
  const text = () => {
    const kept = props.filling.text(props.question);
    return kept === '' || !Number.isFinite(Number(kept)) ? kept : String(Number(kept));
  };
  const steps = createMemo(() => stepsIn(range()));
  const place = () => stepOf(range(), text());
  const write = (steps: number) => props.filling.answer(props.question, valueAt(range(), steps));
  const move = (by: number) => write(place() === null ? (by > 0 ? 0 : steps()) : place()! + by);
  const readonly = () => props.question.readonly();
  const shown = createUniqueId();
  const clear = () => (
    <Show when={text() !== '' && !props.question.required() && !readonly()}>
      <button type="button" class="button button--plain slider__clear" onClick={() => props.filling.answer(props.question, '')}>
        {t('form.clear')}
      </button>
    </Show>
  );
  const step = (by: number) => (
    <button type="button" class="heat__step" disabled={readonly() || (place() !== null && (by < 0 ? place() === 0 : place() === steps()))} aria-label={t(by < 0 ? 'form.range.less' : 'form.range.more', { by: valueAt({ start: 0, end: Infinity, step: range().step }, Math.abs(by)) })} onClick={() => move(by)}>
      <Show when={Math.abs(by) === 1} fallback={<span class="number">{by > 0 ? `+${by}` : `−${-by}`}</span>}>
        <Show when={by < 0} fallback={<Plus size={26} />}>
          <Minus size={26} />
        </Show>
      </Show>
    </button>
  );
  return (
    <Switch>
      <Match when={has('picker') && steps() < PICKER_VALUES_MAX}>
        <select class="input question__box" aria-labelledby={props.labelledBy} disabled={readonly()} onChange={(event) => props.filling.answer(props.question, event.currentTarget.value)}>
          <option value="" selected={text() === ''}>
            {t('form.choose')}
          </option>
          <For each={valuesIn(range())}>
            {(value) => (
              <option value={value} selected={Number(value) === Number(text()) && text() !== ''}>
                {value}
              </option>
            )}
          </For>
        </select>
      </Match>
      <Match when={has('rating') && steps() < STARS_MAX}>
        <div class="stars" role="radiogroup" aria-labelledby={props.labelledBy}>
          <Index each={valuesIn(range())}>
            {(value, index) => (
              <button
                type="button"
                class="stars__star"
                classList={{ 'stars__star--on': place() !== null && index <= place()! }}
                role="radio"
                aria-checked={place() === index}
                aria-label={value()}
                disabled={readonly()}
                onClick={() => props.filling.answer(props.question, place() === index && !props.question.required() ? '' : value())}
              >
                <Star size={36} />
              </button>
            )}
          </Index>
          <output class="stars__words number">{text()}</output>
        </div>
      </Match>
      <Match when={true}>
        <div class="slider" classList={{ 'slider--up': has('vertical'), 'slider--blank': place() === null }}>
          <output class="slider__value number" id={shown}>
            {text() || t('form.range.none')}
          </output>
          <div class="slider__line">
            {step(-1)}
            <div class="slider__track" style={{ '--ticks': String(steps()) }} classList={{ 'slider__track--ticks': steps() <= TICKS_MAX && !has('no-ticks') }}>
              <input
                type="range"
                min="0"
                max={steps()}
                step="1"
                value={place() ?? Math.floor(steps() / 2)}
                disabled={readonly()}
                aria-labelledby={props.labelledBy}
                aria-valuetext={text() || t('form.range.none')}
                onInput={(event) => write(event.currentTarget.valueAsNumber)}
                // A tap on where the thumb already stands is an answer too.
                onClick={(event) => place() === null && write(event.currentTarget.valueAsNumber)}
              />
              <div class="slider__ends number" aria-hidden="true">
                <span>{valueAt(range(), 0)}</span>
                <span>{valueAt(range(), steps())}</span>
              </div>
            </div>
            {step(1)}
          </div>
          <Show when={steps() >= MANY_STEPS}>
            <div class="slider__line slider__line--far">
              {step(-10)}
              <span class="grow" />
              {step(10)}
            </div>
          </Show>
          {clear()}
        </div>
      </Match>
    </Switch>
  );
}
