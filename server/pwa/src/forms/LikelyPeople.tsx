// Under a person's name while it is typed: who of the people on this phone it may be. A tap goes on from that record; nothing here blocks, and nothing takes the focus.
// Loaded with the tables of sounds when a form that asks for people's names is opened, and not before.
import ChevronRight from 'lucide-solid/icons/chevron-right';
import Undo2 from 'lucide-solid/icons/undo-2';
import UserCheck from 'lucide-solid/icons/user-check';
import Users from 'lucide-solid/icons/users';
import { createEffect, createMemo, createRoot, createSignal, For, on, onCleanup, Show, untrack } from 'solid-js';
import { doorName, recordName } from '../data/labels.ts';
import { areas, oneOf, rows } from '../data/records.ts';
import { text, type Row } from '../data/rows.ts';
import { t, textOf } from '../i18n/index.ts';
import type words from '../i18n/zh.json';
import { matches, profileOf, type Match, type Profile } from '../linkage/people.ts';
import type { Filling } from './filling.ts';
import type { Question } from './items.ts';

const TYPING_RESTS_MS = 120; // whoever types on is not disturbed

const SLICE_RECORDS = 200; // worked out at a time: a few milliseconds, between which the screen answers

const profiles = new WeakMap<Row, { home: Row | undefined; profile: Profile }>();
const [ready, setReady] = createSignal(false);

/** Everyone on this phone, each worked out once for as long as neither the record nor its household changes. */
const everyone = createRoot(() => createMemo(() => (ready() ? peopleIn(rows()).map((row) => profileIn(rows(), row)) : [])));

const peopleIn = (all: ReadonlyMap<string, Row>): Row[] => [...all.values()].filter((row) => row.kind === 'person' && row.facts.name);

function profileIn(all: ReadonlyMap<string, Row>, row: Row): Profile {
  const home = all.get(text(row, 'household'));
  let known = profiles.get(row);
  if (!known || known.home !== home) profiles.set(row, (known = { home, profile: profileOfRow(row, home) }));
  return known.profile;
}

/** Off the typing path: before the first name is typed, a slice at a time. Each slice is compared once, so that the comparison is compiled by then too. */
function prepare(all = untrack(rows), left = peopleIn(all)): void {
  const slice = left.slice(0, SLICE_RECORDS).map((row) => profileIn(all, row));
  if (slice[0]) matches(slice[0], slice);
  if (left.length > SLICE_RECORDS) setTimeout(() => prepare(all, left.slice(SLICE_RECORDS)));
  else setReady(true);
}
setTimeout(prepare);

function profileOfRow(row: Row, home: Row | undefined): Profile {
  const door = { building: home && text(home, 'building'), unit: home && text(home, 'unit'), room: home && text(home, 'room') };
  return profileOf({ id: row.id, name: text(row, 'name'), sex: text(row, 'sex'), birth_year: text(row, 'birth_year'), phones: [text(row, 'phone')], place: placeOf(row.area), ...door });
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
  const isKnown = () => rows().has(oneOf(people().idAt(props.question)));
  const said = (property: string) => people().saidOf(props.question, property);
  const likely = createMemo<Match[]>(() => {
    const name = settled();
    const refused = people().refusedAt(props.question);
    if (name.trim() === '' || refused?.typed === name || isKnown()) return [];
    const who = profileOf({ id: '', name, sex: said('sex'), birth_year: said('birth_year'), phones: [said('phone')], place: props.filling.start.place, ...people().home() });
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
          <p class="likely__title">
            <Users size={20} aria-hidden="true" /> {t('form.likely.title')}
          </p>
          <For each={likely()}>{(match) => <One match={match} filling={props.filling} onTake={() => take(match.id)} />}</For>
          <Show when={movesHere()}>
            <p class="likely__hint">{t('form.likely.moves_here')}</p>
          </Show>
          <button type="button" class="likely__not" onClick={() => people().notTheSame(props.question, likely().map(({ id }) => id))}>
            {t(likely().length === 1 ? 'form.likely.not_the_same' : 'form.likely.none_of_them')}
          </button>
        </section>
      </Show>
      <Show when={people().isTaken(props.question) && rows().get(oneOf(people().idAt(props.question)))}>
        {(row) => (
          <p class="likely-taken">
            <UserCheck size={20} aria-hidden="true" />
            <span class="grow">{isElsewhere(row(), props.filling) ? t('form.likely.goes_on', { door: doorOf(row()) }) : t('form.likely.goes_on_here')}</span>
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
  const why = () => wordsOf(props.match.reasons, !isElsewhere(row(), props.filling));
  return (
    <button type="button" class="likely__one" onClick={() => props.onTake()}>
      <span class="grow">
        <span class="likely__who">
          <strong>{recordName(row())}</strong>
          <Show when={row().facts.birth_year}>
            <span>{t('form.likely.born', { year: text(row(), 'birth_year') })}</span>
          </Show>
          <For each={why()}>{(word) => <span class="likely__why">{t(`form.likely.why.${word}`)}</span>}</For>
        </span>
        <span class="soft">{[area(), doorOf(row())].filter(Boolean).join(' ')}</span>
      </span>
      <ChevronRight size={22} aria-hidden="true" />
    </button>
  );
}

type Why = keyof typeof words.form.likely.why;
const WHY: Readonly<Record<string, Why>> = {
  name_same: 'same', name_order: 'same', name_near: 'near', name_one_part: 'part',
  surname_sound: 'sound', surname_dialect: 'dialect', surname_look: 'look', surname_only: 'surname',
  given_sound: 'sound', given_dialect: 'dialect', given_look: 'look', given_swapped: 'swapped', given_part: 'part', given_half: 'half', given_only: 'without_surname',
  nickname: 'nickname', born_year: 'born', born_year_slip: 'born_near', phone_same: 'phone', phone_slip: 'phone_slip', door_same: 'door', door_part: 'door',
};

/** What is worth a word, each once: that they are of one sex, or of one community, is not. */
function wordsOf(reasons: readonly string[], isSameHousehold: boolean): Why[] {
  const found = reasons.flatMap((reason) => WHY[reason] ?? []).map((word) => (word === 'door' && isSameHousehold ? 'household' : word));
  return [...new Set(found)];
}

const doorOf = (person: Row): string => doorName(rows().get(text(person, 'household'))) || t('form.likely.no_door');

function isElsewhere(person: Row, { people }: Filling): boolean {
  return text(person, 'household') !== people.home().household;
}
