// What was answered and what is wrong with it, in words: of a submission, and of a form that is tried.
import { For, type JSX } from 'solid-js';
import type { AnswerValue, Answers, FormField, Problem } from '../data/documents.ts';
import { isAsked, readable, rowLabel } from '../data/labels.ts';
import { textOf } from '../i18n/index.ts';

export function Problems(props: { problems: Problem[]; place: (path: string) => string; tone: string }) {
  return (
    <ul class="stack">
      <For each={props.problems}>
        {(problem) => (
          <li class={`notice notice--${props.tone}`}>
            <div>
              <strong>{props.place(problem.path)}</strong>
              <p>{textOf(problem.message)}</p>
            </div>
          </li>
        )}
      </For>
    </ul>
  );
}

export function Answered(props: { answers: Answers; whole: Answers; path: string; fields: ReadonlyMap<string, FormField> }): JSX.Element {
  return (
    <div class="facts">
      <For each={Object.entries(props.answers)}>
        {([name, value]) => {
          const path = `${props.path}/${name}`;
          const field = props.fields.get(path);
          if (isGroup(value) && field?.type !== 'geopoint') return <Answered answers={value} whole={props.whole} path={path} fields={props.fields} />;
          if (isRepeat(value) && field?.type === 'repeat')
            return (
              <For each={value}>
                {(item, index) => (
                  <div class="fact fact--item">
                    <h3>{rowLabel(path.split('/').filter(Boolean), index(), props.fields, props.whole)}</h3>
                    <Answered answers={item} whole={props.whole} path={path} fields={props.fields} />
                  </div>
                )}
              </For>
            );
          const label = textOf(field?.label);
          const written = readable(value, field);
          if (!label || !written || !isAsked(field!)) return null;
          return (
            <dl class="fact">
              <dt>{label}</dt>
              <dd class="fact__value">{written}</dd>
            </dl>
          );
        }}
      </For>
    </div>
  );
}

const isGroup = (value: AnswerValue): value is Answers => typeof value === 'object' && value !== null && !Array.isArray(value);
const isRepeat = (value: AnswerValue): value is Answers[] => Array.isArray(value) && value.every(isGroup);
