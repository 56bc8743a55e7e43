// One or several of a list: big buttons, a scale in one line, the phone's own picker, or a sheet with a search (choice_look.ts says when).
import { createMemo, createUniqueId, For, lazy, Match, Show, Suspense, Switch } from 'solid-js';
import { t } from '../../i18n/index.ts';
import type { Choice } from '../items.ts';
import { plain } from '../markup.ts';
import { goOnAfter, isQuick } from '../quick.ts';
import { FormPicture, FormSound, LargePicture } from '../FormFiles.tsx';
import { lookOf } from './choice_look.ts';
import type { WidgetProps } from './widget.ts';

const ChoicePicker = lazy(() => import('./ChoicePicker.tsx'));

export function Choices(props: WidgetProps) {
  const several = () => props.question.type === 'select_multiple';
  const choices = createMemo(() => props.question.choices());
  const pictures = createMemo(() => choices().length <= PICTURES_LOOKED_FOR_MAX && choices().some((choice) => choice.media('image') !== ''));
  // Beyond some number it is a sheet whatever the words are: they are not all looked at.
  const labels = createMemo(() => (choices().length > LABELS_MEASURED_MAX ? Array.from(choices(), () => '') : choices().map((choice) => plain(choice.label))));
  const look = createMemo(() => lookOf({ several: several(), appearance: props.question.appearance, labels: labels(), pictures: pictures() }), undefined, {
    equals: (a, b) => JSON.stringify(a) === JSON.stringify(b),
  });
  const chosen = createMemo(() => props.filling.text(props.question).split(' ').filter(Boolean));

  const toggle = (value: string) => {
    const now = chosen();
    if (several()) return props.filling.answer(props.question, (now.includes(value) ? now.filter((other) => other !== value) : [...now, value]).join(' '));
    const taken = now[0] === value && !props.question.required() && !isQuick(props.question) ? '' : value;
    props.filling.answer(props.question, taken);
    if (taken && isQuick(props.question)) goOnAfter(props.question, props.filling);
  };
  const buttons = () => {
    const now = look();
    return now.kind === 'buttons' ? now : null;
  };

  return (
    <Switch>
      <Match when={choices().length === 0}>
        <p class="soft">{t('form.choices.none')}</p>
      </Match>
      <Match when={buttons()}>
        {(as) => (
          <div
            class={`choices choices--${as().columns}`}
            classList={{ 'choices--bare': !as().marks, 'choices--pictures': pictures() }}
            role={several() ? 'group' : 'radiogroup'}
            aria-labelledby={props.labelledBy}
          >
            <For each={choices()}>
              {(choice) => <ChoiceButton {...props} choice={choice} several={several()} on={chosen().includes(choice.value)} onTap={() => toggle(choice.value)} />}
            </For>
          </div>
        )}
      </Match>
      <Match when={look().kind === 'row'}>
        <div class="scale" role="radiogroup" aria-labelledby={props.labelledBy}>
          <For each={choices()}>
            {(choice) => {
              const on = () => chosen().includes(choice.value);
              return (
                <button type="button" class="scale__place" classList={{ 'scale__place--on': on() }} role="radio" aria-checked={on()} disabled={props.question.readonly()} onClick={() => toggle(choice.value)}>
                  <span class="scale__mark" aria-hidden="true" />
                  <Show when={choice.media('image')}>{(name) => <FormPicture form={props.filling.form} name={name()} alt="" class="scale__picture" />}</Show>
                  <span>{plain(choice.label)}</span>
                </button>
              );
            }}
          </For>
        </div>
      </Match>
      <Match when={look().kind === 'picker'}>
        <select
          class="input question__box"
          aria-labelledby={props.labelledBy}
          disabled={props.question.readonly()}
          onChange={(event) => {
            props.filling.answer(props.question, event.currentTarget.value);
            if (event.currentTarget.value && isQuick(props.question)) goOnAfter(props.question, props.filling);
          }}
        >
          <option value="" selected={chosen().length === 0}>
            {t('form.choose')}
          </option>
          <For each={choices()}>
            {(choice) => (
              <option value={choice.value} selected={chosen().includes(choice.value)}>
                {plain(choice.label)}
              </option>
            )}
          </For>
        </select>
      </Match>
      <Match when={look().kind === 'sheet'}>
        <Suspense fallback={<div class="skeleton" aria-busy="true" />}>
          <ChoicePicker {...props} choices={choices()} chosen={chosen()} several={several()} onChange={(values) => props.filling.answer(props.question, values.join(' '))} />
        </Suspense>
      </Match>
    </Switch>
  );
}

const PICTURES_LOOKED_FOR_MAX = 100;
const LABELS_MEASURED_MAX = 100;

function ChoiceButton(props: WidgetProps & { choice: Choice; several: boolean; on: boolean; onTap: () => void }) {
  const words = createUniqueId();
  const picture = () => props.choice.media('image');
  const beside = () => props.choice.media('audio') !== '' || props.choice.media('big-image') !== '';
  return (
    <div class="choice-place" classList={{ 'choice-place--beside': beside() }}>
      <button
        type="button"
        class="choice"
        classList={{ 'choice--on': props.on, 'choice--several': props.several, 'choice--picture': picture() !== '' }}
        role={props.several ? 'checkbox' : 'radio'}
        aria-checked={props.on}
        aria-labelledby={words}
        disabled={props.question.readonly()}
        onClick={() => props.onTap()}
      >
        <Show when={picture()}>{(name) => <FormPicture form={props.filling.form} name={name()} alt="" class="choice__picture" />}</Show>
        <span class="choice__mark" aria-hidden="true" />
        <span class="choice__word" id={words}>
          {plain(props.choice.label) || props.choice.value}
        </span>
      </button>
      <Show when={beside()}>
        <div class="choice-beside">
          <Show when={props.choice.media('big-image')}>{(name) => <LargePicture form={props.filling.form} name={name()} words={plain(props.choice.label)} />}</Show>
          <Show when={props.choice.media('audio')}>{(name) => <FormSound form={props.filling.form} name={name()} words={plain(props.choice.label)} small />}</Show>
        </div>
      </Show>
    </div>
  );
}
