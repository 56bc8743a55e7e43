// Beside what a worker's own forms say and the record does not yet: whether they are still on this phone, or at the centre without a result.
import Hourglass from 'lucide-solid/icons/hourglass';
import { createMemo, createRoot, Show } from 'solid-js';
import { sheets } from '../data/submissions.ts';
import { t } from '../i18n/index.ts';

const waiting = createRoot(() => createMemo(() => new Set(sheets().flatMap(({ submission, state }) => (state.state === 'waiting' ? [submission._id] : [])))));

export function isUnsent(submissions: readonly string[]): boolean {
  return submissions.some((id) => waiting().has(id));
}

/** `submissions`: those whose values stand there; no chip for none. */
export function PendingChip(props: { submissions: readonly string[] }) {
  return (
    <Show when={props.submissions.length > 0}>
      <span class="chip chip--warn"><Hourglass size={16} aria-hidden="true" />{t(isUnsent(props.submissions) ? 'household.pending' : 'household.undecided')}</span>
    </Show>
  );
}
