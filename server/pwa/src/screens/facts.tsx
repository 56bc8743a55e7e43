// What is known of a record: what one person wrote at one time stands together under their name; what others wrote instead stands beside it.
import CircleAlert from 'lucide-solid/icons/circle-alert';
import { createMemo, For, Show } from 'solid-js';
import { factLabel, inFormOrder, question, readable } from '../data/labels.ts';
import { knownName, workerName } from '../data/records.ts';
import { groupBy } from '../data/rows.ts';
import type { Field, WholeRecord } from '../data/whole.ts';
import { moment } from '../i18n/dates.ts';
import { t } from '../i18n/index.ts';
import { PendingChip } from './PendingChip.tsx';

export function Facts(props: { record: WholeRecord; except?: string[]; empty?: string }) {
  const fields = createMemo(() =>
    Object.entries(props.record.fields)
      .filter(([name]) => !props.except?.includes(name))
      .sort(([a], [b]) => inFormOrder(props.record.kind, a, b))
      .flatMap(([name, field]) => {
        const label = factLabel(props.record.kind, name);
        const value = readable(field.value, question(props.record.kind, name));
        return label && value ? [{ name, field, label, value }] : [];
      }),
  );
  // Newest first: by time, then by who.
  const groups = createMemo(() => [...groupBy(fields(), ({ field }) => field.submission)].map(([, group]) => group).sort((a, b) => (a[0]!.field.clock < b[0]!.field.clock ? 1 : -1)));
  return (
    <>
      <Show when={fields().some(({ field }) => field.disputed?.length)}><p class="soft">{t('household.office_decides')}</p></Show>
      <For each={groups()} fallback={<Show when={props.empty}><p class="card soft">{props.empty}</p></Show>}>
        {(group) => (
          <div class="card written">
            <p class="written__who">
              <span class="grow">{written(group[0]!.field)}</span>
              <PendingChip submissions={group[0]!.field.pending ? [group[0]!.field.submission] : []} />
            </p>
            <dl class="facts">
              <For each={group}>
                {({ name, field, label, value }) => (
                  <div class="fact">
                    <dt>{label}</dt>
                    <dd class="fact__value">{value}</dd>
                    <Show when={field.disputed?.length}>
                      <dd class="fact__disputed">
                        <span class="chip chip--bad"><CircleAlert size={16} aria-hidden="true" />{t('household.disputed')}</span>
                        <For each={field.disputed}>
                          {(other) => <span>{t('household.said', { name: workerName(other.worker), value: readable(other.value, question(props.record.kind, name)) })} · {moment(other.at)}</span>}
                        </For>
                      </dd>
                    </Show>
                  </div>
                )}
              </For>
            </dl>
          </div>
        )}
      </For>
    </>
  );
}

/** Who wrote it, and when; what the office decided says so. */
function written(field: Field): string {
  const at = moment(field.at);
  if (!field.settled) return t('household.by', { name: workerName(field.worker), at });
  const name = knownName(field.worker);
  return name ? t('household.settled_by', { name, at }) : t('household.settled_at', { at });
}
