// The five places of the app, in thumb's reach.
import { A } from '@solidjs/router';
import Building from 'lucide-solid/icons/building';
import CalendarCheck from 'lucide-solid/icons/calendar-check';
import FileText from 'lucide-solid/icons/file-text';
import Inbox from 'lucide-solid/icons/send';
import UserRound from 'lucide-solid/icons/user-round';
import { createMemo, For, Show } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import { sheets } from '../data/submissions.ts';
import { t } from '../i18n/index.ts';

const TABS = [
  { path: '/', icon: CalendarCheck, key: 'tabs.today' },
  { path: '/doors', icon: Building, key: 'tabs.doors' },
  { path: '/forms', icon: FileText, key: 'tabs.forms' },
  { path: '/outbox', icon: Inbox, key: 'tabs.outbox' },
  { path: '/me', icon: UserRound, key: 'tabs.me' },
] as const;

export function TabBar() {
  const todo = createMemo(() => sheets().filter(({ state }) => ['needs_fixing', 'returned'].includes(state.state)).length);
  return (
    <nav class="tabs" aria-label={t('app.name')}>
      <For each={TABS}>
        {(tab) => (
          <A href={tab.path} end={tab.path === '/'} class="tab" activeClass="tab--here">
            <span class="tab__icon">
              <Dynamic component={tab.icon} size={26} aria-hidden="true" />
              <Show when={tab.path === '/outbox' && todo() > 0}>
                <span class="tab__count">{todo()}</span>
              </Show>
            </span>
            {t(tab.key)}
          </A>
        )}
      </For>
    </nav>
  );
}
