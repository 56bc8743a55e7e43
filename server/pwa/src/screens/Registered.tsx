// How a record stands in the register beyond what it says: made one from several, lying in another grid, come from one. Said quietly.
import { Show } from 'solid-js';
import { otherNames } from '../data/clusters.ts';
import { areaName, linked, ones } from '../data/records.ts';
import type { Row } from '../data/rows.ts';
import { session } from '../data/session.ts';
import { date } from '../i18n/dates.ts';
import { t, textOf } from '../i18n/index.ts';

export function Registered(props: { row: Row }) {
  const names = () => otherNames(props.row, linked(), ones());
  const isElsewhere = () => !session()?.worker.areas.some(({ id }) => id === props.row.area);
  const places = (ids: string[]) => ids.map((id) => textOf(areaName(id))).join(t('moves.comma'));
  return (
    <>
      <Show when={props.row.members}>
        {(members) => <p class="soft">{[t('household.members', { count: members().length }), names().length > 0 ? t('household.also', { names: names().join(t('moves.comma')) }) : ''].filter(Boolean).join(' · ')}</p>}
      </Show>
      <Show when={isElsewhere()}><p class="soft">{t('household.lies_in', { area: places([props.row.area]) })}</p></Show>
      <Show when={props.row.moved}>{(moved) => <p class="soft">{[t('household.came', { area: places(moved().from) }), moved().at ? date(moved().at!) : ''].filter(Boolean).join(' · ')}</p>}</Show>
    </>
  );
}
