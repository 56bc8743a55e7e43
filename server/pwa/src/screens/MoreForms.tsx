// The forms that a record opens, and the records that belong to it: what can be done here beyond the main thing.
import { A, useNavigate } from '@solidjs/router';
import ChevronRight from 'lucide-solid/icons/chevron-right';
import FilePlus from 'lucide-solid/icons/file-plus';
import { createMemo, For, Show } from 'solid-js';
import { recordName } from '../data/labels.ts';
import { now } from '../data/now.ts';
import { rows } from '../data/records.ts';
import { isOpen, type Row, text } from '../data/rows.ts';
import { day } from '../data/due.ts';
import { moment } from '../i18n/dates.ts';
import { t, textOf } from '../i18n/index.ts';
import { formPath, formsFrom } from './open_form.ts';
import { recordPath, RecordState } from './record_state.tsx';

export function MoreForms(props: { row: Row; except?: string[] }) {
  const navigate = useNavigate();
  const offered = createMemo(() => formsFrom(props.row.kind).filter(({ form }) => !props.except?.includes(form)));
  return (
    <Show when={offered().length > 0}>
      <section class="stack">
        <h2>{t('records.forms')}</h2>
        <ul class="list">
          <For each={offered()}>
            {(form) => (
              <li>
                <button type="button" class="due tappable" onClick={() => navigate(formPath(form.form, props.row.id))}>
                  <FilePlus size={22} aria-hidden="true" class="soft" />
                  <strong class="grow">{textOf(form.title)}</strong>
                  <ChevronRight size={24} aria-hidden="true" class="soft" />
                </button>
              </li>
            )}
          </For>
        </ul>
      </section>
    </Show>
  );
}

const RELATED_SHOWN_MAX = 12;

/** Requests, problems, passes and visits of this household (premises): the open ones first, then the newest. */
export function Related(props: { row: Row }) {
  const today = () => day(now());
  const found = createMemo(() =>
    [...rows().values()]
      .filter((other) => other.kind !== 'person' && other.kind !== 'quarantine_case' && other.facts[props.row.kind] === props.row.id)
      .sort((a, b) => Number(isOpen(b, today())) - Number(isOpen(a, today())) || (a.clock < b.clock ? 1 : -1))
      .slice(0, RELATED_SHOWN_MAX),
  );
  return (
    <Show when={found().length > 0}>
      <section class="stack">
        <h2>{t('records.related')}</h2>
        <ul class="list">
          <For each={found()}>
            {(other) => (
              <li>
                <A class="due tappable" href={recordPath(other.id)}>
                  <span class="grow">
                    <strong>{recordName(other)}</strong>
                    <span class="due__who">{[other.kind === 'visit' ? '' : t(`records.kinds.${other.kind}`), moment(text(other, 'visited_at'))].filter(Boolean).join(' · ')}</span>
                  </span>
                  <RecordState row={other} />
                  <ChevronRight size={24} aria-hidden="true" class="soft" />
                </A>
              </li>
            )}
          </For>
        </ul>
      </section>
    </Show>
  );
}
