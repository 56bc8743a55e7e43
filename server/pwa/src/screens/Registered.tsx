// How a record stands in the register beyond what it says: made one from several, lying in another grid, come from one. Said quietly.
import { Show } from 'solid-js';
import { otherNames } from '../data/clusters.ts';
import { areaName, linked, ones } from '../data/records.ts';
import type { Row } from '../data/rows.ts';
import type { WholeRecord } from '../data/whole.ts';
import { date } from '../i18n/dates.ts';
import { t, textOf } from '../i18n/index.ts';
import { isElsewhere } from './parts.tsx';

/** `record`: with what else it was called. */
export function Registered(props: { row: Row; record?: WholeRecord | undefined }) {
  const said = (): string[] => {
    const { row } = props;
    const called = [...new Set([...otherNames(row, linked(), ones()), ...(row.members ? disputedNames(props.record) : [])])];
    return [
      row.members ? t('household.members', { count: row.members.length }) : '',
      called.length > 0 ? t('household.also', { names: called.join(t('moves.comma')) }) : '',
      isElsewhere(row.area) ? t('household.lies_in', { area: places([row.area]) }) : '',
      row.moved ? [t('household.came', { area: places(row.moved.from) }), row.moved.at ? date(row.moved.at) : ''].filter(Boolean).join(' ') : '',
    ].filter(Boolean);
  };
  return <Show when={said().length > 0}><p class="soft">{said().join(' · ')}</p></Show>;
}

const places = (ids: string[]): string => ids.map((id) => textOf(areaName(id))).join(t('moves.comma'));
const disputedNames = (record: WholeRecord | undefined): string[] => (record?.fields.name?.disputed ?? []).flatMap(({ value }) => (typeof value === 'string' ? [value] : []));
