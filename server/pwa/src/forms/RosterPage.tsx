// Who is there: names first, one after the other with the Enter key, and from each name the way to that row's screens.
import ChevronRight from 'lucide-solid/icons/chevron-right';
import CircleCheck from 'lucide-solid/icons/circle-check';
import Plus from 'lucide-solid/icons/plus';
import Trash from 'lucide-solid/icons/trash';
import { createSignal, For, Show } from 'solid-js';
import { t } from '../i18n/index.ts';
import type { Filling } from './filling.ts';
import { Likely } from './Likely.tsx';
import { namingQuestion, type Group, type Roster } from './items.ts';
import type { Page } from './pages.ts';
import { plain, textOfMarkup } from './markup.ts';
import { OfficeSays } from './OfficeSays.tsx';
import { TextBox } from './widgets/TextBox.tsx';

export function RosterPage(props: { page: Page; filling: Filling }) {
  const roster = () => props.page.items[0] as Roster;
  const [fresh, setFresh] = createSignal<Group | null>(null);
  const namesPeople = () => roster().rows().some((row) => namingQuestion(row)?.field?.pii === 'name') || roster().rows().length === 0;
  const hint = () => {
    const first = roster().rows()[0];
    const naming = first && namingQuestion(first);
    return naming ? textOfMarkup(naming.hint()) : '';
  };
  const add = () => setFresh(props.filling.add(roster()));

  return (
    <div class="stack">
      <Show when={hint()}>
        <p class="question__hint">{hint()}</p>
      </Show>
      <Show when={roster().rows().length === 0}>
        <p class="form-note">{t('form.roster.empty')}</p>
      </Show>
      <For each={roster().rows()}>
        {(row, index) => {
          const pages = () => props.filling.pages().filter((page) => page.rows.some((at) => at.row === row));
          const missing = () => pages().reduce((sum, page) => sum + props.filling.missingOn(page).length, 0);
          const begun = () => pages().some((page) => props.filling.isVisited(page));
          const naming = () => namingQuestion(row);
          return (
            <section class="roster-row" classList={{ 'question--wrong': !!naming() && !!props.filling.violation(naming()!) }}>
              <div class="row">
                <span class="roster-row__number number" aria-hidden="true">
                  {index() + 1}
                </span>
                <Show when={naming()} fallback={<strong class="grow">{t('form.rows.number', { number: index() + 1 })}</strong>}>
                  {(question) => (
                    <div class="grow" id={`question-${question().id}`} data-path={question().path()}>
                      <span class="visually-hidden" id={`label-${question().id}`}>
                        {`${plain(question().label())} ${index() + 1}`}
                      </span>
                      <TextBox
                        question={question()}
                        filling={props.filling}
                        labelledBy={`label-${question().id}`}
                        autofocus={fresh() === row}
                        onEnter={() => (index() === roster().rows().length - 1 && roster().open ? add() : focusNext(index()))}
                      />
                    </div>
                  )}
                </Show>
                <Show when={roster().open}>
                  <button type="button" class="icon-button" aria-label={t('form.roster.remove', { name: (naming() && props.filling.text(naming()!)) || String(index() + 1) })} onClick={() => void props.filling.remove(roster(), index())}>
                    <Trash size={24} />
                  </button>
                </Show>
              </div>
              <Show when={naming() && props.filling.people.names(naming()!) && naming()}>{(question) => <Likely question={question()} filling={props.filling} />}</Show>
              <Show when={naming() && props.filling.violation(naming()!)}>
                {(violation) => (
                  <p class="question__problem" role="alert">
                    {violation().message || t('form.missing.required')}
                  </p>
                )}
              </Show>
              <Show when={naming()}>{(question) => <OfficeSays question={question()} filling={props.filling} />}</Show>
              <Show when={pages()[0]}>
                {(first) => (
                  <button type="button" class="roster-row__on" onClick={() => props.filling.goTo(first())}>
                    <Show when={missing() === 0 && begun()} fallback={<span class="grow">{begun() ? t('form.roster.missing', { count: missing() }) : t('form.roster.details')}</span>}>
                      <span class="grow row roster-row__done">
                        <CircleCheck size={20} /> {t('form.state.complete')}
                      </span>
                    </Show>
                    <ChevronRight size={22} />
                  </button>
                )}
              </Show>
            </section>
          );
        }}
      </For>
      <Show when={roster().open}>
        <button type="button" class="button button--soft button--wide add-row" onClick={add}>
          <Plus size={24} /> {namesPeople() ? t('form.roster.add_person') : t('form.roster.add')}
        </button>
      </Show>
    </div>
  );
}

function focusNext(index: number): void {
  document.querySelectorAll<HTMLInputElement>('.roster-row .question__box')[index + 1]?.focus();
}
