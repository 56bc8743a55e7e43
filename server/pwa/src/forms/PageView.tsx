// A screen of questions. A repeat in it shows each row as a card; one temperature pad is open at a time, and moves on to the next person.
import Plus from 'lucide-solid/icons/plus';
import Trash from 'lucide-solid/icons/trash';
import TriangleAlert from 'lucide-solid/icons/triangle-alert';
import UserRound from 'lucide-solid/icons/user-round';
import { createMemo, createSignal, For, Match, on, Show, Switch, untrack, createEffect } from 'solid-js';
import { t } from '../i18n/index.ts';
import type { Filling } from './filling.ts';
import { indexOf, isAsked, type Group, type Item, type Question, type Roster } from './items.ts';
import { askedOn, type Page } from './pages.ts';
import { rowName, rowTitle } from './rows.ts';
import { isTemperature, plain, QuestionCard, type Pad } from './QuestionCard.tsx';
import { heatOf } from './widgets/TemperaturePad.tsx';

export function PageView(props: { page: Page; filling: Filling }) {
  const temperatures = createMemo(() => askedOn(props.page).filter(isTemperature));
  const firstBlank = (after?: Question): string | null => {
    const all = untrack(temperatures);
    const from = after ? all.indexOf(after) + 1 : 0;
    const ordered = [...all.slice(from), ...all.slice(0, from)];
    return ordered.find((question) => question !== after && untrack(() => props.filling.text(question)) === '')?.id ?? null;
  };
  const [open, setOpen] = createSignal<string | null>(firstBlank());
  // A pad that becomes relevant (everyone is home after all) opens if nothing is open.
  createEffect(on(temperatures, (all) => !all.some((question) => question.id === open()) && setOpen(firstBlank()), { defer: true }));
  const pad: Pad = {
    open,
    show: (question) => setOpen(question.id),
    done: (question) => {
      const next = firstBlank(question);
      setOpen(next);
      if (next) requestAnimationFrame(() => document.getElementById(`question-${next}`)?.closest('.person, .question')?.scrollIntoView({ behavior: 'smooth', block: 'nearest' }));
    },
  };
  return <Items items={props.page.items} filling={props.filling} pad={pad} depth={0} />;
}

function Items(props: { items: readonly Item[]; filling: Filling; pad: Pad; depth: number; leaveOut?: string; fold?: boolean }) {
  return (
    <For each={props.items.filter((item) => item.relevant())}>
      {(item) => (
        <Switch>
          <Match when={item.kind === 'question' && isAsked(item) && item}>
            {(question) => (
              <Show when={question().type !== 'note' || plain(question().label()) !== props.leaveOut}>
                <QuestionCard question={question() as Question} filling={props.filling} pad={props.pad} fold={props.fold} />
              </Show>
            )}
          </Match>
          <Match when={item.kind === 'group' && item}>
            {(group) => (
              <section class="subgroup">
                <Show when={(group() as Group).label()}>
                  <h2 class="subgroup__title">{(group() as Group).label()}</h2>
                </Show>
                <Items items={(group() as Group).items()} filling={props.filling} pad={props.pad} depth={props.depth + 1} />
              </section>
            )}
          </Match>
          <Match when={item.kind === 'roster' && item}>{(roster) => <Rows roster={roster() as Roster} filling={props.filling} pad={props.pad} />}</Match>
        </Switch>
      )}
    </For>
  );
}

function Rows(props: { roster: Roster; filling: Filling; pad: Pad }) {
  return (
    <>
      <Show when={props.roster.rows().length === 0 && !props.filling.mayAdd(props.roster)}>
        <p class="notice notice--warn">{t('form.rows.none')}</p>
      </Show>
      <For each={props.roster.rows()}>
        {(row) => {
          const name = () => rowTitle(row, props.filling);
          const fever = () => row.items().some((item) => item.kind === 'question' && item.relevant() && isTemperature(item) && heatOf(item.text()) === 'fever');
          return (
            <article class="person" classList={{ 'person--fever': fever() }}>
              <header class="person__head">
                <span class="person__face" aria-hidden="true">
                  <Show when={[...rowName(row, props.filling)][0]} fallback={<UserRound size={24} />}>
                    {(first) => first()}
                  </Show>
                </span>
                <h2 class="grow">{name()}</h2>
                <Show when={fever()}>
                  <span class="chip chip--bad">
                    <TriangleAlert size={18} /> {t('form.temperature.fever')}
                  </span>
                </Show>
                <Show when={props.filling.mayAdd(props.roster)}>
                  <button type="button" class="icon-button" aria-label={t('form.roster.remove', { name: name() })} onClick={() => void props.filling.remove(props.roster, indexOf(row))}>
                    <Trash size={24} />
                  </button>
                </Show>
              </header>
              <Items items={row.items()} filling={props.filling} pad={props.pad} depth={1} leaveOut={name()} fold={!fever()} />
            </article>
          );
        }}
      </For>
      <Show when={props.filling.mayAdd(props.roster)}>
        <button type="button" class="button button--soft button--wide add-row" onClick={() => props.filling.add(props.roster)}>
          <Plus size={24} /> {[t('form.roster.add'), props.roster.label()].filter(Boolean).join(' · ')}
        </button>
      </Show>
    </>
  );
}
