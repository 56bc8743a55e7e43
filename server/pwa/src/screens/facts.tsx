// What is known of a record: each field with who wrote it and when, and what others wrote instead.
import CircleAlert from 'lucide-solid/icons/circle-alert';
import Hourglass from 'lucide-solid/icons/hourglass';
import { createMemo, For, Show } from 'solid-js';
import { factLabel, question, readable } from '../data/labels.ts';
import { workerName } from '../data/records.ts';
import type { Field, WholeRecord } from '../data/whole.ts';
import { moment } from '../i18n/dates.ts';
import { t } from '../i18n/index.ts';

export function Facts(props: { record: WholeRecord; except?: string[] }) {
  const fields = createMemo(() =>
    Object.entries(props.record.fields)
      .filter(([name]) => !props.except?.includes(name))
      .flatMap(([name, field]) => {
        const label = factLabel(props.record.kind, name);
        const value = readable(field.value, question(props.record.kind, name));
        return label && value ? [{ name, field, label, value }] : [];
      }),
  );
  return (
    <dl class="facts">
      <For each={fields()}>
        {({ name, field, label, value }) => (
          <div class="fact">
            <dt>{label}</dt>
            <dd>
              <span class="fact__value">{value}</span>
              <span class="fact__who">{whoWrote(field)}</span>
              <Show when={field.pending}>
                <span class="chip chip--warn"><Hourglass size={16} aria-hidden="true" />{t('household.pending')}</span>
              </Show>
              <Show when={field.disputed?.length}>
                <span class="chip chip--bad"><CircleAlert size={16} aria-hidden="true" />{t('household.disputed')}</span>
                <For each={field.disputed}>
                  {(other) => <span class="fact__who">{t('household.said', { name: workerName(other.worker), value: readable(other.value, question(props.record.kind, name)) })} · {moment(other.at)}</span>}
                </For>
              </Show>
            </dd>
          </div>
        )}
      </For>
    </dl>
  );
}

function whoWrote(field: Field): string {
  return t('household.by', { name: workerName(field.worker), at: moment(field.at) });
}
