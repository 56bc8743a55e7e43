// A form about a door that has moved to another grid: said as soon as it is known which door it is.
import Truck from 'lucide-solid/icons/truck';
import { createMemo, createResource, Show } from 'solid-js';
import type { FormDocument, FormEntity } from '../data/documents.ts';
import { householdId } from '../data/identity.ts';
import { areaName, left } from '../data/records.ts';
import { t, textOf } from '../i18n/index.ts';
import type { Instance } from './engine.ts';

/** `known`: the household that the form was begun at. */
export default function MovedDoor(props: { form: FormDocument; instance: Instance; place: string; known: string | null }) {
  const door = createMemo(() => {
    const entity = props.form.entities.find(({ kind, repeat }) => kind === 'household' && repeat === null);
    return entity && doorWritten(entity, props.instance);
  });
  const [id] = createResource(() => !props.known && door() && JSON.stringify(door()), (written) => householdId({ place: props.place, ...(JSON.parse(written) as Door) }));
  const moved = () => left().get(props.known ?? (door() ? (id.latest ?? '') : ''));
  return (
    <Show when={moved()}>
      {(one) => (
        <p class="notice notice--warn" role="status">
          <Truck size={24} aria-hidden="true" />
          <span><strong>{t('moves.away', { what: one().label, area: textOf(areaName(one().area)) })}</strong> {t('moves.hint_with')}</span>
        </p>
      )}
    </Show>
  );
}

interface Door {
  building: string;
  unit: string;
  room: string;
  ordinal: number;
}

function doorWritten(entity: FormEntity, instance: Instance): Door | undefined {
  const part = (property: string): string => {
    const path = entity.properties[property];
    const item = path === undefined ? null : instance.find(path);
    return item?.kind === 'question' ? item.text() : '';
  };
  const room = part('room');
  return room === '' ? undefined : { building: part('building'), unit: part('unit'), room, ordinal: Number(part('ordinal')) || 1 };
}
