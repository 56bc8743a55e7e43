// Tells what moved: a notice until it was read, and the list of what went away.
import { A } from '@solidjs/router';
import ChevronRight from 'lucide-solid/icons/chevron-right';
import Truck from 'lucide-solid/icons/truck';
import { createMemo, createRoot, For, Show } from 'solid-js';
import type { MovedDocument } from '../data/documents.ts';
import { drafts } from '../data/drafts.ts';
import { calledLike, loadReadMoves, type Move, movesAway, movesHere, newsOf, readMoves, readNews } from '../data/moves.ts';
import { now } from '../data/now.ts';
import { areaName, left, rows } from '../data/records.ts';
import { session } from '../data/session.ts';
import { isOver, sheets, touches } from '../data/submissions.ts';
import { moment } from '../i18n/dates.ts';
import { t, textOf } from '../i18n/index.ts';
import { DraftCard } from './DraftCard.tsx';
import { OnTheWay } from './OnTheWay.tsx';
import { recordPath } from './record_state.tsx';

const NEWS_SHOWN_MAX = 4; // the rest comes up once these were read

const away = createRoot(() => createMemo(() => movesAway(left())));
const here = createRoot(() => createMemo(() => movesHere(rows().values(), session()?.worker.areas.map(({ id }) => id) ?? [])));

/** What went and what came since it was last said. */
export function MovesNotice() {
  void loadReadMoves(session()!.worker.id);
  const all = createMemo(() => [...away(), ...here()]);
  const news = createMemo(() => newsOf(all(), readMoves(), now()).slice(0, NEWS_SHOWN_MAX));
  return (
    <Show when={news().length > 0}>
      <section class="notice notice--warn" role="status">
        <div class="stack grow">
          <For each={news()}>
            {(move) => (
              <A class="news tappable" href={pathOf(move)}>
                <strong>{sentence(move)}</strong>
                <span>{[when(move), move.along > 0 ? t('moves.along', { count: move.along }) : ''].filter(Boolean).join(' · ')}</span>
              </A>
            )}
          </For>
          <button type="button" class="button" onClick={() => void readNews(session()!.worker.id, news(), all())}>{t('taken_away.seen')}</button>
        </div>
      </section>
    </Show>
  );
}

/** Under the doors: where the doors went that stood here; under what a search found, those and the people that it would have found. */
export function MovedAway(props: { query: string }) {
  const shown = createMemo(() => (props.query.trim() === '' ? away() : movesAway(calledLike(left(), props.query))));
  return (
    <Show when={shown().length > 0}>
      <details class="stack moved-away" open={props.query.trim() !== ''}>
        <summary>{t('moves.title')} <span class="number">{shown().length}</span></summary>
        <ul class="list">
          <For each={shown()}>
            {(move) => (
              <li>
                <A class="due tappable" href={pathOf(move)}>
                  <span class="grow">
                    <strong class="due__door">{move.label}</strong>
                    <span class="due__who">{[places([move.area]), when(move)].filter(Boolean).join(' · ')}</span>
                  </span>
                  <ChevronRight size={24} aria-hidden="true" class="soft" />
                </A>
              </li>
            )}
          </For>
        </ul>
      </details>
    </Show>
  );
}

/** In the place of a record that has left: where it is now, and what was begun about it here. */
export function MovedRecord(props: { moved: MovedDocument }) {
  const id = () => props.moved._id;
  const own = createMemo(() => sheets().filter(({ submission, state }) => touches(submission, id()) && !isOver(state)));
  const begun = createMemo(() => drafts().filter(({ start }) => (start.record ?? start.household) === id()));
  return (
    <>
      <div class="notice notice--warn">
        <Truck size={24} aria-hidden="true" />
        <div class="grow">
          <strong>{t('moves.away', { what: props.moved.label, area: places([props.moved.area]) })}</strong>
          <p>{props.moved.at === undefined ? t('moves.hint_with') : t('moves.hint', { at: moment(props.moved.at) })}</p>
        </div>
      </div>
      <Show when={begun().length > 0}>
        <section class="stack">
          <h2>{t('moves.begun')}</h2>
          <For each={begun()}>{(draft) => <DraftCard draft={draft} />}</For>
        </section>
      </Show>
      <OnTheWay sheets={own()} />
    </>
  );
}

function sentence({ way, label: what, area, from }: Move): string {
  if (way === 'away') return t('moves.away', { what, area: places([area]) });
  const hasSeveral = (session()?.worker.areas.length ?? 0) > 1; // then "here" says too little
  return hasSeveral ? t('moves.between', { what, from: places(from), area: places([area]) }) : t('moves.here', { what, area: places(from) });
}

const places = (ids: string[]): string => ids.map((id) => textOf(areaName(id))).join(t('moves.comma'));
const when = (move: Pick<Move, 'at'>): string => (move.at === null ? '' : moment(move.at));
const pathOf = ({ id, kind }: Move): string => (kind === 'household' || kind === 'person' ? `/${kind}/${encodeURIComponent(id)}` : recordPath(id));
