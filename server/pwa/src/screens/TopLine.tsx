// The line at the top: the truth about sync in five words. A tap opens the outbox.
import ArrowDownToLine from 'lucide-solid/icons/arrow-down-to-line';
import CloudCheck from 'lucide-solid/icons/cloud-check';
import CloudOff from 'lucide-solid/icons/cloud-off';
import RefreshCw from 'lucide-solid/icons/refresh-cw';
import Sparkles from 'lucide-solid/icons/sparkles';
import TriangleAlert from 'lucide-solid/icons/triangle-alert';
import { A } from '@solidjs/router';
import { createMemo, createSignal, Show } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import { sheets } from '../data/submissions.ts';
import { syncedAt, syncState } from '../data/sync.ts';
import { moment } from '../i18n/dates.ts';
import { t } from '../i18n/index.ts';
import { applyUpdate, updateReady } from '../updates.ts';
import type { Icon } from './parts.tsx';

const [online, setOnline] = createSignal(navigator.onLine);
window.addEventListener('online', () => setOnline(true));
window.addEventListener('offline', () => setOnline(false));

export function TopLine() {
  const waiting = createMemo(() => sheets().filter(({ state }) => state.state === 'waiting').length);
  const fixing = createMemo(() => sheets().filter(({ state }) => state.state === 'needs_fixing' || state.state === 'returned').length);

  const line = (): { icon: Icon; tone: string; words: string[] } => {
    const rest = [...(waiting() > 0 ? [t('line.waiting', { count: waiting() })] : []), ...(fixing() > 0 ? [t('line.fixing', { count: fixing() })] : [])];
    const sync = syncState();
    // `onLine` is a hint: it is believed only when it says no, or when the last try found nobody.
    if (!online() || (sync.state === 'failed' && sync.why === 'out_of_reach')) return { icon: CloudOff, tone: 'warn', words: [t('line.offline'), ...(rest.length > 0 ? rest : synced())] };
    if (sync.state === 'failed' && sync.why === 'updating') return { icon: CloudOff, tone: 'warn', words: [t('line.updating'), ...rest] };
    switch (sync.state) {
      case 'running':
        if (sync.step === 'push_inbox' && waiting() > 0) return { icon: RefreshCw, tone: 'strong', words: [t('line.sending', { count: waiting() })] };
        if (sync.done > 0 && (sync.step === 'pull_area' || sync.step === 'pull_forms'))
          return { icon: ArrowDownToLine, tone: 'strong', words: [t('line.downloading_count', { position: sync.position, steps: sync.steps, done: sync.done })] };
        return syncedAt() === null
          ? { icon: ArrowDownToLine, tone: 'strong', words: [t('line.downloading', { position: sync.position, steps: sync.steps })] }
          : { icon: RefreshCw, tone: 'calm', words: [...synced(), ...rest] };
      case 'failed':
        return { icon: TriangleAlert, tone: 'bad', words: [t('line.failed'), ...rest] };
      default:
        return { icon: CloudCheck, tone: syncedAt() === null ? 'calm' : fixing() + waiting() > 0 ? 'warn' : 'good', words: [...synced(), ...rest] };
    }
  };
  const synced = () => [syncedAt() === null ? t('line.never') : t('line.synced', { at: moment(syncedAt()!) })];

  return (
    <div class="top">
      <A href="/outbox" class={`top__line top__line--${line().tone}`}>
        <Dynamic component={line().icon} size={20} aria-hidden="true" />
        <span role="status">{line().words.join(' · ')}</span>
      </A>
      <Show when={updateReady()}>
        <button type="button" class="top__update" onClick={() => void applyUpdate()}>
          <Sparkles size={18} aria-hidden="true" />
          {t('line.update_now')}
        </button>
      </Show>
    </div>
  );
}
