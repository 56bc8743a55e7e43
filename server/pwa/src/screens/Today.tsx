// Today: what is due now, by time and by door. A tap starts the right form with everything known filled in.
import { A, useNavigate } from '@solidjs/router';
import CalendarClock from 'lucide-solid/icons/calendar-clock';
import ChevronRight from 'lucide-solid/icons/chevron-right';
import CircleAlert from 'lucide-solid/icons/circle-alert';
import Moon from 'lucide-solid/icons/moon';
import PartyPopper from 'lucide-solid/icons/coffee';
import Phone from 'lucide-solid/icons/phone-call';
import SquarePen from 'lucide-solid/icons/square-pen';
import Stamp from 'lucide-solid/icons/stamp';
import Sun from 'lucide-solid/icons/sun';
import { createMemo, createSignal, For, Show } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import { doorName } from '../data/labels.ts';
import { drafts } from '../data/drafts.ts';
import { byDoor, type Due, dayOfQuarantine, dueToday } from '../data/due.ts';
import { now } from '../data/now.ts';
import { loaded, peopleOf, rows, slots } from '../data/records.ts';
import { text } from '../data/rows.ts';
import { session } from '../data/session.ts';
import { sheets, toMend } from '../data/submissions.ts';
import { syncedAt } from '../data/sync.ts';
import type { Slot } from '../data/documents.ts';
import { dayTitle, moment, time } from '../i18n/dates.ts';
import { t, textOf } from '../i18n/index.ts';
import { DraftCard } from './DraftCard.tsx';
import { FirstDownload } from './FirstDownload.tsx';
import { MovesNotice } from './moves_later.tsx';
import { CHECK, checkPath, surveyPath } from './open_form.ts';
import { Empty, hasArea, type Icon, NoArea, Skeletons } from './parts.tsx';
import { warmUpWhenIdle } from './warm_up.ts';

/** Slots that are at home on this screen have their own picture; those of other forms share one. */
const ICONS: Record<string, Icon> = { morning: Sun, evening: Moon, seal: Stamp };
const CALL_BACK = 'call_back';
interface Kind {
  id: string;
  icon: Icon;
  name: () => string;
}
const idOf = (form: string, slot: Slot): string => `${form}/${slot.name}`;
const kinds = (): Kind[] => [
  ...slots().map(({ form, slot }) => ({ id: idOf(form, slot), icon: ICONS[slot.name] ?? CalendarClock, name: () => textOf(slot.label) || slot.name })),
  { id: CALL_BACK, icon: Phone, name: () => t('today.call_back') },
];
const kindOf = (due: Due): string => (due.what === 'check' ? idOf(due.form, due.slot) : CALL_BACK);
const shownAs = (due: Due): Kind => kinds().find(({ id }) => id === kindOf(due))!;

export function TodayScreen() {
  const navigate = useNavigate();
  warmUpWhenIdle(CHECK);
  const [only, setOnly] = createSignal<string | null>(null);
  const due = createMemo(() => byDoor(dueToday(rows().values(), now(), slots()), rows()));
  const shown = createMemo(() => due().filter((item) => only() === null || kindOf(item) === only()));
  const fixing = createMemo(() => toMend(sheets()).length);

  return (
    <main class="screen">
      <div class="screen__title">
        <h1>{dayTitle(now())}</h1>
        <p class="soft">{t('today.hello', { name: session()?.worker.name ?? '' })}</p>
      </div>
      <Show when={fixing() > 0}>
        <A href="/outbox" class="notice notice--bad notice--tap tappable">
          <CircleAlert size={24} aria-hidden="true" />
          <span class="grow">
            <strong>{t('today.needs_fixing', { count: fixing() })}</strong>
            <br />
            {t('today.needs_fixing_hint')}
          </span>
          <ChevronRight size={24} aria-hidden="true" />
        </A>
      </Show>
      <MovesNotice />
      <Show when={drafts().length > 0}>
        <section class="stack">
          <h2 class="row"><SquarePen size={20} aria-hidden="true" />{t('today.drafts')}</h2>
          <For each={drafts()}>{(draft) => <DraftCard draft={draft} />}</For>
        </section>
      </Show>
      <Show when={loaded() && syncedAt() === null}><FirstDownload /></Show>
      <Show when={loaded()} fallback={<Skeletons count={6} />}>
        <Show when={due().length > 0} fallback={<Show when={syncedAt() !== null}><Show when={hasArea()} fallback={<NoArea />}><Empty icon={PartyPopper} title={t('today.empty')} hint={t('today.empty_hint')} /></Show></Show>}>
          <div class="kinds" role="group">
            <For each={kinds()}>
              {({ id, icon, name }) => {
                const count = () => due().filter((item) => kindOf(item) === id).length;
                return (
                  <button type="button" class="kind tappable" aria-pressed={only() === id} disabled={count() === 0} onClick={() => setOnly(only() === id ? null : id)}>
                    <Dynamic component={icon} size={24} aria-hidden="true" />
                    <span class="kind__count number">{count()}</span>
                    <span class="kind__name">{name()}</span>
                  </button>
                );
              }}
            </For>
          </div>
          <ul class="list">
            <For each={shown()}>
              {(item) => (
                <li>
                  <button type="button" class="due tappable" onClick={() => navigate(item.what === 'check' ? checkPath(item.household, item.form, item.slot.name) : surveyPath(item.household))}>
                    <span class={`due__icon due__icon--${item.urgency}`}>
                      <Dynamic component={shownAs(item).icon} size={24} aria-hidden="true" />
                    </span>
                    <span class="grow">
                      <strong class="due__door">{doorName(rows().get(item.household)) || t('today.unknown_door')}</strong>
                      <span class="due__who">{whoOf(item)}</span>
                      <span class={`due__when due__when--${item.urgency}`}>
                        {shownAs(item).name()} · {whenOf(item)}
                      </span>
                    </span>
                    <ChevronRight size={24} aria-hidden="true" class="soft" />
                  </button>
                </li>
              )}
            </For>
          </ul>
        </Show>
      </Show>
    </main>
  );
}

function whenOf(item: Due): string {
  if (item.what === 'call_back') return item.urgency === 'late' ? t('today.late') : t('today.call_back_at', { at: time(item.at) });
  if (item.urgency === 'later') return t('today.later', { at: item.slot.from });
  return t(`today.${item.urgency}`);
}

function whoOf(item: Due): string {
  if (item.what === 'call_back') {
    const names = (peopleOf().get(item.household) ?? []).map((person) => text(person, 'name')).slice(0, 3);
    return [moment(item.at), names.join('、')].filter(Boolean).join(' · ');
  }
  const names = item.cases.map((kase) => text(rows().get(text(kase, 'person')) ?? kase, 'name') || kase.label).filter(Boolean);
  const progress = item.cases[0] && dayOfQuarantine(item.cases[0], now());
  return [names.join('、'), progress ? t('today.day', progress) : ''].filter(Boolean).join(' · ');
}
