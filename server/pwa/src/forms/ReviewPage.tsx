// The last screen: what is missing with a way to each question, or everything that was answered, to be looked over before it is saved.
import { ChevronRight, CircleAlert, CircleCheck, Building2 } from 'lucide-solid';
import { For, Show } from 'solid-js';
import { t, textOf } from '../i18n/index.ts';
import type { Filling } from './filling.ts';
import type { Question } from './items.ts';
import { askedOn, type Page } from './pages.ts';
import { rowName } from './PageView.tsx';
import { plain } from './QuestionCard.tsx';
import { forPicker } from './when.ts';

export function ReviewPage(props: { filling: Filling; onGo: (question: Question) => void }) {
  const missing = () => props.filling.missing();
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
            {({ page, question }) => (
              <li>
                <button type="button" class="review-row review-row--wrong" onClick={() => props.onGo(question)}>
                  <span class="grow">
                    <strong>{plain(question.label())}</strong>
                    <span class="soft">{[whose(page, question, props.filling), why(question, props.filling)].filter(Boolean).join(' · ')}</span>
                  </span>
                  <ChevronRight size={22} />
                </button>
              </li>
            )}
          </For>
        </ul>
      </Show>
      <For each={props.filling.looseNotes()}>
        {(note) => (
          <p class="notice notice--warn">
            <Building2 size={22} />
            <span>{note.by ? t('form.office.comment', { by: note.by, text: textOf(note.text) }) : t('form.office.problem', { text: textOf(note.text) })}</span>
          </p>
        )}
      </For>
      <For each={props.filling.sections()}>
        {(section) => (
          <section class="card review-section">
            <h2>{section.title}</h2>
            <For each={section.pages}>
              {(page) => (
                <>
                  <Show when={page.rows.at(-1)}>{(at) => <h3 class="review-section__person">{rowName(at().row, props.filling) || t('form.rows.number', { number: at().index + 1 })}</h3>}</Show>
                  <For each={askedOn(page).filter((question) => question.type !== 'note')}>
                    {(question) => (
                      <button type="button" class="review-row" onClick={() => props.onGo(question)}>
                        <span class="soft grow">{whose(page, question, props.filling, true) + plain(question.label())}</span>
                        <strong class="review-row__answer">{answerWords(question, props.filling) || '–'}</strong>
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

/** Whose question it is, when it belongs to a row; on a screen of cards the row is not the page's own. */
function whose(page: Page, question: Question, filling: Filling, onlyCards = false): string {
  const at = page.rows.at(-1);
  if (at) return onlyCards ? '' : rowName(at.row, filling) || t('form.rows.number', { number: at.index + 1 });
  for (const item of page.items) {
    if (item.kind !== 'roster') continue;
    const index = item.rows().findIndex((row) => question.path().startsWith(`${row.path()}/`));
    if (index < 0) continue;
    const name = rowName(item.rows()[index]!, filling) || t('form.rows.number', { number: index + 1 });
    return onlyCards ? (page.kind === 'roster' ? `${index + 1}. ` : `${name} · `) : page.kind === 'roster' ? t('form.rows.number', { number: index + 1 }) : name;
  }
  return '';
}

function why(question: Question, filling: Filling): string {
  const refused = filling.refusal(question);
  if (refused) return refused.problem === 'engine' ? t('form.typed.engine', { reason: refused.reason ?? '' }) : t(`form.typed.${refused.problem}`);
  const violation = question.violation();
  if (!violation) return '';
  return violation.message || t(violation.rule === 'required' ? 'form.missing.required' : 'form.missing.constraint');
}

export function answerWords(question: Question, filling: Filling): string {
  const text = filling.text(question);
  switch (question.type) {
    case 'select_one':
    case 'select_multiple': {
      const labels = new Map(question.choices().map((choice) => [choice.value, choice.label]));
      return text
        .split(' ')
        .filter(Boolean)
        .map((value) => labels.get(value) ?? value)
        .join(t('form.comma'));
    }
    case 'dateTime':
      return forPicker(text).replace('T', ' ') || text;
    case 'time':
      return text.slice(0, 5);
    case 'image':
      return text && t('form.review.photo');
    case 'geopoint': {
      const accuracy = Number(text.split(' ')[3]);
      return text && t('form.position.accuracy', { metres: Math.round(accuracy || 0) });
    }
    case 'acknowledge':
      return text && t('form.acknowledge');
    default:
      return text;
  }
}
