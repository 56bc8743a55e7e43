// The small parts that screens share: states as icon and word, headers, empty places, skeletons.
import ArrowLeft from 'lucide-solid/icons/arrow-left';
import Ban from 'lucide-solid/icons/ban';
import CircleAlert from 'lucide-solid/icons/circle-alert';
import CircleCheck from 'lucide-solid/icons/circle-check';
import CircleDashed from 'lucide-solid/icons/circle-dashed';
import CircleHelp from 'lucide-solid/icons/circle-question-mark';
import Clock from 'lucide-solid/icons/clock';
import Copy from 'lucide-solid/icons/copy';
import DoorClosed from 'lucide-solid/icons/door-closed';
import Hourglass from 'lucide-solid/icons/hourglass';
import MessageSquareWarning from 'lucide-solid/icons/message-square-warning';
import MapPinOff from 'lucide-solid/icons/map-pin-off';
import PackageOpen from 'lucide-solid/icons/package-open';
import Replace from 'lucide-solid/icons/replace';
import Send from 'lucide-solid/icons/send';
import ShieldAlert from 'lucide-solid/icons/shield-alert';
import type { LucideProps } from 'lucide-solid';
import { type Component, For, type JSX, Show } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import type { DoorState } from '../data/rows.ts';
import { session } from '../data/session.ts';
import type { SubmissionState } from '../data/submissions.ts';
import { type Key, t } from '../i18n/index.ts';

export type Icon = Component<LucideProps>;

export const DOOR_ICONS: Record<DoorState, Icon> = {
  never: CircleDashed, done: CircleCheck, call_back: Clock, nobody_home: DoorClosed, refused: Ban, sealed_or_moved: PackageOpen, other: CircleHelp, quarantined: ShieldAlert,
};

const STATES: Record<SubmissionState['state'], { icon: Icon; tone: string }> = {
  waiting: { icon: Hourglass, tone: 'warn' }, sent: { icon: Send, tone: 'strong' }, accepted: { icon: CircleCheck, tone: 'good' },
  needs_fixing: { icon: CircleAlert, tone: 'bad' }, waits_for_former: { icon: Hourglass, tone: 'calm' }, waits_for_office: { icon: Hourglass, tone: 'calm' }, returned: { icon: MessageSquareWarning, tone: 'bad' }, rejected: { icon: Ban, tone: 'calm' },
  superseded: { icon: Replace, tone: 'calm' }, duplicate: { icon: Copy, tone: 'calm' },
};

export function StateChip(props: { state: SubmissionState }) {
  return (
    <span class={`chip chip--${STATES[props.state.state].tone}`}>
      <Dynamic component={STATES[props.state.state].icon} size={18} aria-hidden="true" />
      {t(`state.${props.state.state}` as Key)}
    </span>
  );
}

export function DoorChip(props: { state: DoorState }) {
  const tone = () => ({ done: 'good', quarantined: 'bad', call_back: 'warn', nobody_home: 'warn', refused: 'calm', sealed_or_moved: 'calm', never: 'calm', other: 'calm' })[props.state];
  return (
    <span class={`chip chip--${tone()}`}>
      <Dynamic component={DOOR_ICONS[props.state]} size={18} aria-hidden="true" />
      {t(`door.${props.state}`)}
    </span>
  );
}

export function Header(props: { title: string; onBack?: () => void; children?: JSX.Element }) {
  return (
    <header class="header">
      <button type="button" class="header__back" onClick={() => (props.onBack ? props.onBack() : history.back())} aria-label={t('common.back')}>
        <ArrowLeft size={26} aria-hidden="true" />
      </button>
      <h1 class="grow">{props.title}</h1>
      {props.children}
    </header>
  );
}

export function Empty(props: { icon: Icon; title: string; hint?: string; children?: JSX.Element }) {
  return (
    <div class="empty">
      <Dynamic component={props.icon} size={44} aria-hidden="true" />
      <strong>{props.title}</strong>
      <Show when={props.hint}>
        <p>{props.hint}</p>
      </Show>
      {props.children}
    </div>
  );
}

/** Instead of an empty list: nobody has said yet which doors are this worker's. */
export function NoArea() {
  return <Empty icon={MapPinOff} title={t('me.no_area')} hint={t('me.no_area_hint')} />;
}

export function hasArea(): boolean {
  return (session()?.worker.areas.length ?? 0) > 0;
}

/** What lies in an area of others is here because it is linked with something in one of this worker's. */
export function isElsewhere(area: string): boolean {
  return !session()?.worker.areas.some(({ id }) => id === area);
}

export function Skeletons(props: { count: number }) {
  return (
    <div class="stack" aria-hidden="true">
      <For each={Array.from({ length: props.count })}>{() => <div class="skeleton" />}</For>
    </div>
  );
}
