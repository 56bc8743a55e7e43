// A worker's own forms about a record that the centre has not settled yet.
import { A } from '@solidjs/router';
import Hourglass from 'lucide-solid/icons/hourglass';
import { For, Show } from 'solid-js';
import { forms } from '../data/records.ts';
import type { Sheet } from '../data/submissions.ts';
import { moment } from '../i18n/dates.ts';
import { t, textOf } from '../i18n/index.ts';
import { StateChip } from './parts.tsx';

export function OnTheWay(props: { sheets: Sheet[] }) {
  return (
    <Show when={props.sheets.length > 0}>
      <section class="stack">
        <h2 class="row"><Hourglass size={20} aria-hidden="true" />{t('household.waiting')}</h2>
        <ul class="list">
          <For each={props.sheets}>
            {(sheet) => (
              <li>
                <A class="due tappable" href={`/submission/${encodeURIComponent(sheet.submission._id)}`}>
                  <span class="grow">
                    <strong>{textOf(forms().get(`form:${sheet.submission.form}:${sheet.submission.version}`)?.title) || sheet.submission.form}</strong>
                    <span class="due__who">{moment(sheet.submission.finished_at)}</span>
                  </span>
                  <StateChip state={sheet.state} />
                </A>
              </li>
            )}
          </For>
        </ul>
      </section>
    </Show>
  );
}
