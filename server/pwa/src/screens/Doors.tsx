// Doors: the buildings as they stand, floor by room, each door with its state; and the search over everyone behind them.
import { A, useNavigate, useSearchParams } from '@solidjs/router';
import Building from 'lucide-solid/icons/building';
import HousePlus from 'lucide-solid/icons/house-plus';
import Search from 'lucide-solid/icons/search';
import SearchX from 'lucide-solid/icons/search-x';
import X from 'lucide-solid/icons/x';
import { createMemo, createSignal, For, Show } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import { doorName } from '../data/labels.ts';
import { day } from '../data/due.ts';
import { now } from '../data/now.ts';
import { areaName, casesOf, currentForm, loaded, rows } from '../data/records.ts';
import { buildings, type DoorState, doorState, isInQuarantine, type Row, search, SEARCH_RESULTS_MAX, text } from '../data/rows.ts';
import { syncedAt } from '../data/sync.ts';
import { t, textOf } from '../i18n/index.ts';
import { FirstDownload } from './FirstDownload.tsx';
import { MovedAway, MovesNotice } from './moves_later.tsx';
import { formPath, SURVEY, surveyPath } from './open_form.ts';
import { DOOR_ICONS, DoorChip, Empty, hasArea, isElsewhere, NoArea, Skeletons } from './parts.tsx';
import { isUnsent } from './PendingChip.tsx';
import { warmUpWhenIdle } from './warm_up.ts';

// What was searched for outlives a look at a household.
const [query, setQuery] = createSignal('');

export function stateOfDoor(row: Row): DoorState {
  const today = day(now());
  return doorState(row, (casesOf().get(row.id) ?? []).some((kase) => isInQuarantine(kase, today)));
}

/** Where a tap on a door or a person leads: to their page, or to the form that a menu asked a door for. */
function useWay(): (row: Row) => string {
  const [asked] = useSearchParams<{ form?: string }>();
  return (row) => {
    const form = asked.form ? currentForm(asked.form) : undefined;
    if (!form) return `/${row.kind === 'person' ? 'person' : 'household'}/${encodeURIComponent(row.id)}`;
    return formPath(form.form, row.kind === 'person' && form.starts_from === 'household' ? text(row, 'household') : row.id);
  };
}

export function DoorsScreen() {
  const navigate = useNavigate();
  const [asked] = useSearchParams<{ form?: string }>();
  warmUpWhenIdle(SURVEY);
  const all = createMemo(() => buildings(rows().values()));
  const states = createMemo(() => new Map(all().flatMap(({ doors }) => doors.map((row) => [row.id, stateOfDoor(row)] as const))));
  const found = createMemo(() => search(rows().values(), query()));
  const stateOf = (row: Row) => states().get(row.id) ?? 'never';

  return (
    <main class="screen">
      <Show when={asked.form ? currentForm(asked.form) : undefined}>{(form) => <h1>{t('records.choose', { form: textOf(form().title) })}</h1>}</Show>
      <div class="search">
        <Search size={22} aria-hidden="true" class="search__icon" />
        <input
          class="input search__input"
          type="search"
          enterkeyhint="search"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          aria-label={t('doors.search_label')}
          placeholder={t('doors.search')}
          value={query()}
          onInput={(event) => setQuery(event.currentTarget.value)}
        />
        <Show when={query()}>
          <button type="button" class="search__clear" aria-label={t('doors.clear')} onClick={() => setQuery('')}>
            <X size={22} aria-hidden="true" />
          </button>
        </Show>
      </div>
      <MovesNotice />
      <Show when={loaded()} fallback={<Skeletons count={8} />}>
        <Show
          when={query().trim() === ''}
          fallback={
            <Show when={found().length > 0} fallback={<Empty icon={SearchX} title={t('doors.no_match', { query: query().trim() })} hint={t('doors.no_match_hint')} />}>
              <p class="soft" role="status">
                {found().length >= SEARCH_RESULTS_MAX ? t('doors.found_max', { count: SEARCH_RESULTS_MAX }) : t('doors.found', { count: found().length })}
              </p>
              <ul class="list">
                <For each={found()}>{(row) => <li><Found row={row} stateOf={stateOf} /></li>}</For>
              </ul>
            </Show>
          }
        >
          <Show when={syncedAt() === null}><FirstDownload /></Show>
            <Show when={all().length > 0} fallback={<Show when={syncedAt() !== null}><Show when={hasArea()} fallback={<NoArea />}><Empty icon={Building} title={t('doors.empty')} hint={t('doors.empty_hint')} /></Show></Show>}>
            <Buildings all={all()} stateOf={stateOf} />
          </Show>
        </Show>
        <MovedAway query={query()} />
        <Show when={hasArea()}>
          <div class="floating">
            <button type="button" class="button button--main floating__button" onClick={() => navigate(surveyPath())}>
              <HousePlus size={24} aria-hidden="true" />
              {t('doors.new')}
            </button>
          </div>
        </Show>
      </Show>
    </main>
  );
}

function Buildings(props: { all: ReturnType<typeof buildings>; stateOf: (row: Row) => DoorState }) {
  const [address, setAddress] = useSearchParams<{ building?: string; unit?: string }>();
  const key = (building: { building: string; area: string }) => `${building.area} ${building.building}`;
  const building = createMemo(() => props.all.find((one) => key(one) === address.building) ?? props.all[0]!);
  const unit = createMemo(() => building().units.find((one) => one.unit === address.unit) ?? building().units[0]!);
  const visited = (doors: Row[]) => doors.filter((row) => props.stateOf(row) !== 'never').length;

  return (
    <>
      <Show when={props.all.length > 1}>
        <div class="blocks" role="group">
          <For each={props.all}>
            {(one) => (
              <button type="button" class="block tappable" aria-pressed={one === building()} onClick={() => setAddress({ building: key(one), unit: undefined }, { replace: true })}>
                <strong>{t('doors.building', { building: one.building })}</strong>
                <Show when={isElsewhere(one.area) || props.all.some((other) => other !== one && other.building === one.building)}><span class="small">{textOf(areaName(one.area))}</span></Show>
                <span class="number small">{`${visited(one.doors)}/${one.doors.length}`}</span>
              </button>
            )}
          </For>
        </div>
      </Show>
      <Show when={building().units.length > 1}>
        <div class="blocks" role="group">
          <For each={building().units}>
            {(one) => (
              <button type="button" class="block block--small tappable" aria-pressed={one === unit()} onClick={() => setAddress({ unit: one.unit }, { replace: true })}>
                {one.unit ? t('doors.unit', { unit: one.unit }) : t('doors.no_unit')}
              </button>
            )}
          </For>
        </div>
      </Show>
      <div class="standing">
        <h1>{[t('doors.building', { building: building().building }), unit().unit && t('doors.unit', { unit: unit().unit })].filter(Boolean).join(' ')}</h1>
        <span class="soft number">{t('doors.progress', { done: visited(unit().floors.flatMap(({ doors }) => doors)), all: unit().floors.reduce((sum, { doors }) => sum + doors.length, 0) })}</span>
      </div>
      <div class="house">
        <For each={unit().floors}>
          {({ floor, doors }) => (
            <section class="floor">
              <h2 class="floor__name number">{floor === null ? t('doors.no_floor') : t('doors.floor', { floor })}</h2>
              <ul class="floor__doors">
                <For each={doors}>{(row) => <li><Door row={row} state={props.stateOf(row)} /></li>}</For>
              </ul>
            </section>
          )}
        </For>
      </div>
    </>
  );
}

function Door(props: { row: Row; state: DoorState }) {
  const ordinal = () => text(props.row, 'ordinal');
  const way = useWay();
  return (
    <A href={way(props.row)} class={`door door--${props.state} tappable`}>
      <strong class="number">
        {text(props.row, 'room') || props.row.label}
        <Show when={ordinal() && ordinal() !== '1'}>-{ordinal()}</Show>
      </strong>
      <span class="door__state">
        <Dynamic component={DOOR_ICONS[props.state]} size={18} aria-hidden="true" />
        {t(`door.${props.state}`)}
      </span>
      <Show when={props.row.pending.length > 0}>
        <span class="door__pending">{t(isUnsent(props.row.pending) ? 'doors.pending' : 'doors.undecided')}</span>
      </Show>
    </A>
  );
}

function Found(props: { row: Row; stateOf: (row: Row) => DoorState }) {
  const home = () => (props.row.kind === 'person' ? rows().get(text(props.row, 'household')) : props.row);
  const way = useWay();
  return (
    <A href={way(props.row)} class="due tappable">
      <span class="grow">
        <strong class="due__door">{props.row.kind === 'person' ? text(props.row, 'name') || props.row.label : doorName(props.row)}</strong>
        <span class="due__who">
          {props.row.kind === 'person' ? doorName(home()) : t('doors.household')}
          <Show when={text(props.row, 'phone')}> · {text(props.row, 'phone')}</Show>
        </span>
      </span>
      <Show when={home()}>{(row) => <DoorChip state={props.stateOf(row())} />}</Show>
    </A>
  );
}
