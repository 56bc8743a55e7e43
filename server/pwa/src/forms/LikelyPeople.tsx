// Under a person's name while it is typed: who of the people on this phone it may be. A tap goes on from that record; nothing here blocks, and nothing takes the focus.
// Loaded with the tables of sounds when a form that asks for people's names is opened, and not before.
import ChevronRight from 'lucide-solid/icons/chevron-right';
import Undo2 from 'lucide-solid/icons/undo-2';
import UserCheck from 'lucide-solid/icons/user-check';
import Users from 'lucide-solid/icons/users';
import { createEffect, createMemo, createRoot, createSignal, For, on, onCleanup, Show, untrack } from 'solid-js';
import { doorName, recordName } from '../data/labels.ts';
import { areas, rows } from '../data/records.ts';
import { text, type Row } from '../data/rows.ts';
import { t, textOf } from '../i18n/index.ts';
import { matches, profileOf, type Match, type Profile } from '../linkage/people.ts';
import type { Filling } from './filling.ts';
import type { Question } from './items.ts';
import { homeOf } from './known_people.ts';

const TYPING_RESTS_MS = 120; // whoever types on is not disturbed

const profiles = new WeakMap<Row, { home: Row | undefined; profile: Profile }>();

/** Everyone on this phone, each worked out once for as long as neither the record nor its household changes. */
const everyone = createRoot(() =>
  createMemo(() => {
    const all = rows();
    const found: Profile[] = [];
    for (const row of all.values()) {
      if (row.kind !== 'person' || !row.facts.name) continue;
      const home = all.get(text(row, 'household'));
      let known = profiles.get(row);
      if (known?.home !== home || !known) profiles.set(row, (known = { home, profile: profileOfRow(row, home) }));
      found.push(known.profile);
    }
    return found;
  }),
);

function profileOfRow(row: Row, home: Row | undefined): Profile {
  const door = { building: home && text(home, 'building'), unit: home && text(home, 'unit'), room: home && text(home, 'room') };
  return profileOf({ id: row.id, name: text(row, 'name'), sex: text(row, 'sex'), birth_year: text(row, 'birth_year'), phones: [text(row, 'phone')], household: text(row, 'household'), place: placeOf(row.area), ...door });
}

function placeOf(area: string): string {
  return untrack(areas).get(area)?.place ?? area;
}

export default function LikelyPeople(props: { question: Question; filling: Filling }) {
  const people = () => props.filling.people;
  const typed = () => people().typedIn(props.question);
  const [settled, setSettled] = createSignal('');
  createEffect(
    on(typed, (name) => {
      const timer = setTimeout(() => setSettled(name ?? ''), TYPING_RESTS_MS);
      onCleanup(() => clearTimeout(timer));
    }),
  );
  const isKnown = () => rows().has(people().idAt(props.question));
  const said = (property: string) => people().saidOf(props.question, property);
  const likely = createMemo<Match[]>(() => {
    const name = settled();
    const refused = people().refusedAt(props.question);
    if (name.trim() === '' || refused?.typed === typed() || isKnown()) return [];
    const { form, instance, start } = props.filling;
    const who = profileOf({ id: '', name, sex: said('sex'), birth_year: said('birth_year'), phones: [said('phone')], place: start.place, ...homeOf(form, instance, start) });
    return matches(who, everyone(), new Set([...(refused?.ids ?? []), ...people().idsInForm(props.question)]));
  });
  const take = (id: string) => {
    if (document.activeElement instanceof HTMLInputElement) document.activeElement.blur(); // the box shows what is typed as long as one is in it
    void people().take(props.question, id);
  };
  const movesHere = () => people().says(props.question, 'household') && likely().some(({ id }) => isElsewhere(rows().get(id)!, props.filling));
  return (
    <>
      <p class="visually-hidden" role="status">
        {likely().length > 0 ? t('form.likely.announced', { count: likely().length, names: likely().map(({ id }) => recordName(rows().get(id)!)).join(t('form.comma')) }) : ''}
      </p>
      <Show when={likely().length > 0}>
        <section class="likely" aria-label={t('form.likely.title')}>
          <h4 class="likely__title">
            <Users size={20} aria-hidden="true" /> {t('form.likely.title')}
          </h4>
          <For each={likely()}>{(match) => <One match={match} filling={props.filling} onTake={() => take(match.id)} />}</For>
          <Show when={movesHere()}>
            <p class="likely__hint">{t('form.likely.moves_here')}</p>
          </Show>
          <button type="button" class="likely__not" onClick={() => people().notTheSame(props.question, likely().map(({ id }) => id))}>
            {t(likely().length === 1 ? 'form.likely.not_the_same' : 'form.likely.none_of_them')}
          </button>
        </section>
      </Show>
      <Show when={people().isTaken(props.question) && rows().get(people().idAt(props.question))}>
        {(row) => (
          <p class="likely-taken">
            <UserCheck size={20} aria-hidden="true" />
            <span class="grow">{t('form.likely.goes_on', { door: doorOf(row()) })}</span>
            <Show when={people().taken()?.question === props.question}>
              <button type="button" class="likely-taken__undo" aria-label={t('form.likely.take_back')} onClick={() => people().taken()?.undo()}>
                <Undo2 size={20} aria-hidden="true" /> {t('form.undo')}
              </button>
            </Show>
          </p>
        )}
      </Show>
    </>
  );
}

function One(props: { match: Match; filling: Filling; onTake: () => void }) {
  const row = () => rows().get(props.match.id)!;
  const area = () => (row().area !== props.filling.start.area ? textOf(areas().get(row().area)?.name) : '');
  return (
    <button type="button" class="likely__one" onClick={() => props.onTake()}>
      <span class="grow">
        <span class="likely__who">
          <strong>{recordName(row())}</strong>
          <Show when={row().facts.birth_year}>
            <span>{t('form.likely.born', { year: text(row(), 'birth_year') })}</span>
          </Show>
          <For each={props.match.reasons}>{(reason) => <span class="likely__why">{t(`form.likely.why.${reason}`)}</span>}</For>
        </span>
        <span class="soft">{[area(), doorOf(row())].filter(Boolean).join(' ')}</span>
      </span>
      <ChevronRight size={22} aria-hidden="true" />
    </button>
  );
}

const doorOf = (person: Row): string => doorName(rows().get(text(person, 'household'))) || t('form.likely.no_door');

function isElsewhere(person: Row, { form, instance, start }: Filling): boolean {
  return text(person, 'household') !== homeOf(form, instance, start).household;
}
