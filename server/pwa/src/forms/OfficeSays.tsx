// What the office said about one question, beside it.
import Building from 'lucide-solid/icons/building';
import MessageSquareText from 'lucide-solid/icons/message-square-text';
import { For, Show } from 'solid-js';
import { t, textOf } from '../i18n/index.ts';
import type { Filling } from './filling.ts';
import type { Question } from './items.ts';
import type { OfficeNote } from './office_notes.ts';

export function OfficeSays(props: { question: Question; filling: Filling }) {
  return (
    <For each={props.filling.noteOn(props.question)}>
      {(note) => (
        <p class="question__problem" role="alert">
          <Show when={note.by} fallback={<Building size={22} />}>
            <MessageSquareText size={22} />
          </Show>
          <span>{noteWords(note)}</span>
        </p>
      )}
    </For>
  );
}

export const noteWords = ({ by, text }: OfficeNote): string => (by ? t('form.office.comment', { by, text: textOf(text) }) : t('form.office.problem', { text: textOf(text) }));
