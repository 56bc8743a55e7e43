// At the top of a door's page: what people wrote otherwise than each other about it and about who lives there, so that she can ask while she stands there.
import CircleAlert from 'lucide-solid/icons/circle-alert';
import { createMemo, For, Show } from 'solid-js';
import { factLabel, inFormOrder, question, readable } from '../data/labels.ts';
import type { WholeRecord } from '../data/whole.ts';
import { t } from '../i18n/index.ts';

export function Disputed(props: { records: readonly WholeRecord[] }) {
  const found = createMemo(() =>
    props.records.flatMap((record) =>
      Object.entries(record.fields)
        .filter(([name, { disputed }]) => disputed?.length && factLabel(record.kind, name))
        .sort(([a], [b]) => inFormOrder(record.kind, a, b))
        .map(([name, field]) => ({
          what: [record.kind === 'household' ? '' : record.label, factLabel(record.kind, name)].filter(Boolean).join(' · '),
          values: [field, ...field.disputed!].map(({ value }) => readable(value, question(record.kind, name))).join(' / '),
        })),
    ),
  );
  return (
    <Show when={found().length > 0}>
      <div class="notice notice--warn">
        <CircleAlert size={24} aria-hidden="true" />
        <div class="grow">
          <strong>{t('household.disputed')}</strong>
          <For each={found()}>{({ what, values }) => <p>{t('household.values', { what, values })}</p>}</For>
          <p class="soft">{t('household.office_decides')}</p>
        </div>
      </div>
    </Show>
  );
}
