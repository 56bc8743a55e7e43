// What changed at the centre since a draft was begun or a form was handed in: it is not in the form, and that is said.
import { createMemo, For, Show } from 'solid-js';
import { changedSince } from '../data/changed_since.ts';
import { factLabel, question, readable } from '../data/labels.ts';
import { workerName } from '../data/records.ts';
import type { FormScreenProps } from '../forms-contract.ts';
import { moment } from '../i18n/dates.ts';
import { t } from '../i18n/index.ts';

const SHOWN_MAX = 4;

export function Changes(props: Pick<FormScreenProps, 'form' | 'start'>) {
  const changes = createMemo(() => {
    const { record, household, people = [], cases = [] } = props.start;
    const records = new Map([record, household, ...people, ...cases].flatMap((each) => (each ? [[each._id, each] as const] : [])));
    return changedSince([...records.values()], props.start.base, props.form.entities).flatMap(({ record: { kind, label }, name, field }) => {
      const called = factLabel(kind, name);
      const value = readable(field.value, question(kind, name));
      return called && value ? [{ what: [kind === 'household' ? '' : label, called].filter(Boolean).join(' · '), value, who: t('household.by', { name: workerName(field.worker), at: moment(field.at) }) }] : [];
    });
  });
  return (
    <Show when={changes().length > 0}>
      <div class="notice notice--calm" role="status">
        <div class="grow">
          <strong>{t('form.changes.title')}</strong>
          <For each={changes().slice(0, SHOWN_MAX)}>
            {({ what, value, who }) => (
              <p>
                {t('form.changes.what', { what })}<strong>{value}</strong> <span class="soft">{who}</span>
              </p>
            )}
          </For>
          <Show when={changes().length > SHOWN_MAX}><p class="soft">+{changes().length - SHOWN_MAX}</p></Show>
        </div>
      </div>
    </Show>
  );
}
