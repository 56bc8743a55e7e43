// A long list: what is chosen stands in the form, the list opens over the whole screen and is searched by words, pinyin and initials.
import Check from 'lucide-solid/icons/check';
import ChevronDown from 'lucide-solid/icons/chevron-down';
import Search from 'lucide-solid/icons/search';
import X from 'lucide-solid/icons/x';
import { createEffect, createMemo, createSignal, createUniqueId, For, on, onCleanup, onMount, Show } from 'solid-js';
import { t } from '../../i18n/index.ts';
import { FormPicture } from '../FormFiles.tsx';
import type { Choice } from '../items.ts';
import { plain } from '../markup.ts';
import { goOnAfter, isQuick } from '../quick.ts';
import { ChoiceSearch, type SoundsLike } from './choice_search.ts';
import type { WidgetProps } from './widget.ts';

// Rows are made as they are scrolled to.
const ROWS_AT_ONCE = 50;
// A slice of looking by sound, and a rest for the finger and the keyboard.
const SLICE_MS = 8;
const SOUND_RESULTS_MAX = 50;

interface PickerProps extends WidgetProps {
  choices: readonly Choice[];
  chosen: readonly string[];
  several: boolean;
  onChange: (values: string[]) => void;
}

export default function ChoicePicker(props: PickerProps) {
  const [open, setOpen] = createSignal(false);
  const shown = createUniqueId();
  const words = () =>
    props.chosen.map((value) => {
      const choice = props.choices.find((choice) => choice.value === value);
      return choice ? plain(choice.label) || value : value;
    });
  let button!: HTMLButtonElement;
  const close = () => {
    setOpen(false);
    button.focus();
  };
  return (
    <>
      <button type="button" class="input question__box picker" ref={button} aria-haspopup="dialog" aria-labelledby={`${props.labelledBy} ${shown}`} disabled={props.question.readonly()} onClick={() => setOpen(true)}>
        <span class="grow" id={shown} classList={{ soft: words().length === 0 }}>
          {words().join(t('form.comma')) || t('form.choose')}
        </span>
        <ChevronDown size={24} aria-hidden="true" />
      </button>
      <Show when={open()}>
        <ChoiceSheet {...props} onClose={close} />
      </Show>
    </>
  );
}

function ChoiceSheet(props: PickerProps & { onClose: () => void }) {
  let dialog!: HTMLDialogElement;
  let list!: HTMLDivElement;
  onMount(() => dialog.showModal());
  const heading = createUniqueId();

  // What is chosen stands on top when the sheet opens, and stays where it is while one taps.
  const chosenFirst = new Set(props.chosen);
  const choices = createMemo(() => [...props.choices].sort((a, b) => Number(chosenFirst.has(b.value)) - Number(chosenFirst.has(a.value))));
  const search = createMemo(() => new ChoiceSearch(choices().map((choice) => ({ value: choice.value, label: plain(choice.label) }))));
  const [typed, setTyped] = createSignal('');
  const byWords = createMemo(() => search().byWords(typed()));
  const [bySound, setBySound] = createSignal<number[]>([]);
  const [looking, setLooking] = createSignal(false);
  const found = createMemo(() => [...byWords(), ...bySound()]);
  const [rows, setRows] = createSignal(ROWS_AT_ONCE);

  let timer: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => clearTimeout(timer));
  createEffect(
    on([typed, search], ([words]) => {
      clearTimeout(timer);
      setBySound([]);
      setRows(ROWS_AT_ONCE);
      list.scrollTop = 0;
      setLooking(search().mayBeSound(words));
      if (looking()) void lookBySound(words);
    }),
  );
  const lookBySound = async (words: string) => {
    const soundsLike = await sounds().catch(() => null);
    if (!soundsLike || words !== typed()) return setLooking(false);
    const known = new Set(byWords());
    const walk = search().bySound(words, soundsLike);
    const results: number[] = [];
    const slice = () => {
      const until = performance.now() + SLICE_MS;
      let step = walk.next();
      for (; !step.done; step = walk.next()) {
        if (step.value !== null && !known.has(step.value)) results.push(step.value);
        if (results.length >= SOUND_RESULTS_MAX || performance.now() > until) break;
      }
      if (results.length > bySound().length) setBySound([...results]);
      if (step.done || results.length >= SOUND_RESULTS_MAX) return setLooking(false);
      timer = setTimeout(slice, 0);
    };
    slice();
  };

  const isOn = (value: string) => props.chosen.includes(value);
  const choose = (value: string) => {
    if (props.several) return props.onChange(isOn(value) ? props.chosen.filter((other) => other !== value) : [...props.chosen, value]);
    props.onChange([value]);
    props.onClose();
    if (isQuick(props.question)) goOnAfter(props.question, props.filling);
  };
  const more = () => list.scrollTop + list.clientHeight * 2 > list.scrollHeight && rows() < found().length && setRows(rows() + ROWS_AT_ONCE);

  return (
    <dialog class="sheet" ref={dialog} aria-labelledby={heading} onClose={() => props.onClose()}>
      <div class="sheet__inside">
        <header class="sheet__head">
          <h2 class="grow" id={heading}>
            {plain(props.question.label())}
          </h2>
          <button type="button" class="icon-button" aria-label={t('form.outline.close')} onClick={() => props.onClose()}>
            <X size={26} />
          </button>
        </header>
        <div class="sheet__search">
          <Search size={22} aria-hidden="true" />
          <input
            class="input"
            type="search"
            enterkeyhint="search"
            autocomplete="off"
            aria-label={t('form.choices.search')}
            placeholder={t('form.choices.search')}
            onInput={(event) => setTyped(event.currentTarget.value)}
            onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
          />
        </div>
        <p class="sheet__count soft" role="status">
          {found().length === 0 ? (looking() ? t('form.choices.looking') : t('form.choices.not_found', { typed: typed() })) : t('form.choices.count', { count: found().length })}
        </p>
        <div class="sheet__list" ref={list} role={props.several ? 'group' : 'radiogroup'} aria-labelledby={heading} onScroll={more}>
          <For each={found().slice(0, rows())}>
            {(place) => {
              const choice = () => choices()[place]!;
              return (
                <button
                  type="button"
                  class="choice choice--wide sheet__row"
                  classList={{ 'choice--on': isOn(choice().value), 'choice--several': props.several }}
                  role={props.several ? 'checkbox' : 'radio'}
                  aria-checked={isOn(choice().value)}
                  onClick={() => choose(choice().value)}
                >
                  <Show when={choice().media('image')}>{(name) => <FormPicture form={props.filling.form} name={name()} alt="" class="sheet__picture" />}</Show>
                  <span class="choice__mark" aria-hidden="true" />
                  <span class="choice__word">{plain(choice().label) || choice().value}</span>
                </button>
              );
            }}
          </For>
        </div>
        <Show when={props.several || (props.chosen.length > 0 && !props.question.required())}>
          <footer class="thumb sheet__foot">
            <Show when={props.chosen.length > 0}>
              <button type="button" class="button" onClick={() => (props.onChange([]), props.several || props.onClose())}>
                {t('form.clear')}
              </button>
            </Show>
            <Show when={props.several}>
              <button type="button" class="button button--main" onClick={() => props.onClose()}>
                <Check size={22} /> {t('form.choices.done', { count: props.chosen.length })}
              </button>
            </Show>
          </footer>
        </Show>
      </div>
    </dialog>
  );
}

let loaded: Promise<SoundsLike> | undefined;
/** Fetched when somebody first types a sound. */
function sounds(): Promise<SoundsLike> {
  loaded ??= import('pinyin-match').then(({ default: { match } }) => (words, typed) => match(words, typed) !== false);
  loaded.catch(() => (loaded = undefined));
  return loaded;
}
