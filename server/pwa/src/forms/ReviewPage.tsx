// The last screen: what is missing with a way to each question, or everything that was answered, to be looked over before it is saved.
import Building from 'lucide-solid/icons/building';
import ChevronRight from 'lucide-solid/icons/chevron-right';
import CircleAlert from 'lucide-solid/icons/circle-alert';
import CircleCheck from 'lucide-solid/icons/circle-check';
import { For, Show } from 'solid-js';
import { t } from '../i18n/index.ts';
import { answerWords } from './answer_words.ts';
import type { Filling } from './filling.ts';
import type { Question } from './items.ts';
import { noteWords } from './OfficeSays.tsx';
import { askedOn } from './pages.ts';
import { rowTitle, whose } from './rows.ts';
import { plain } from './QuestionCard.tsx';

export function ReviewPage(props: { filling: Filling; onGo: (question: Question) => void }) {
  const missing = () => props.filling.missing();
  // What was answered, by section and person; a list of names says nothing that the persons' own headings do not.
  const answered = () =>
    props.filling
      .sections()
      .map(({ title, pages }) => {
        const shown = pages
          .filter((page) => page.kind !== 'roster' || pages.length === 1)
          .map((page) => ({ page, row: page.rows.at(-1)?.row ?? null, questions: askedOn(page).filter((question) => question.type !== 'note' && props.filling.text(question) !== '') }))
          .filter(({ questions }) => questions.length > 0);
        return { title, pages: shown.map((each, index) => ({ ...each, heading: each.row !== shown[index - 1]?.row ? each.row : null })) };
      })
      .filter(({ pages }) => pages.length > 0);
  return (
    <div class="stack">
      <Show
        when={missing().length > 0}
        fallback={
          <p class="notice notice--good" role="status">
            <CircleCheck size={24} />
            <strong>{t('form.review.complete')}</strong>
          </p>
        }
      >
        <p class="notice notice--bad" role="status">
          <CircleAlert size={24} />
          <strong>{t('form.review.missing', { count: missing().length })}</strong>
        </p>
        <ul class="review-list">
          <For each={missing()}>
            {({ question }) => (
              <li>
                <button type="button" class="review-row review-row--wrong" onClick={() => props.onGo(question)}>
                  <span class="grow">
                    <strong>{plain(question.label())}</strong>
                    <span class="soft">{[whose(question, props.filling), why(question, props.filling)].filter(Boolean).join(' · ')}</span>
                  </span>
                  <ChevronRight size={22} />
                </button>
              </li>
            )}
          </For>
        </ul>
      </Show>
      <LooseNotes filling={props.filling} />
      <For each={answered()}>
        {(section) => (
          <section class="card review-section">
            <h2>{section.title}</h2>
            <For each={section.pages}>
              {({ page, heading, questions }) => (
                <>
                  <Show when={heading}>{(row) => <h3 class="review-section__person">{rowTitle(row(), props.filling)}</h3>}</Show>
                  <For each={questions}>
                    {(question) => (
                      <button type="button" class="review-row" onClick={() => props.onGo(question)}>
                        <span class="soft grow">{[page.rows.length === 0 ? whose(question, props.filling) : '', plain(question.label())].filter(Boolean).join(' · ')}</span>
                        <strong class="review-row__answer">{answerWords(question, props.filling)}</strong>
                      </button>
                    )}
                  </For>
                </>
              )}
            </For>
          </section>
        )}
      </For>
    </div>
  );
}

/** What the office said that belongs to no question asked now. */
export function LooseNotes(props: { filling: Filling }) {
  return (
    <For each={props.filling.looseNotes()}>
      {(note) => (
        <p class="notice notice--warn">
          <Building size={22} />
          <span>{noteWords(note)}</span>
        </p>
      )}
    </For>
  );
}

function why(question: Question, filling: Filling): string {
  const refused = filling.refusal(question);
  if (refused) return t(`form.typed.${refused.problem}`, { reason: refused.reason ?? '' });
  const violation = question.violation();
  if (!violation) return '';
  return violation.message || t(violation.rule === 'required' ? 'form.missing.required' : 'form.missing.constraint');
}
