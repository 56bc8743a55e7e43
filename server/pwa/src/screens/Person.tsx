// A person: what is known, who wrote it when, where they live.
import { A, useParams } from '@solidjs/router';
import ChevronRight from 'lucide-solid/icons/chevron-right';
import House from 'lucide-solid/icons/house';
import Phone from 'lucide-solid/icons/phone';
import UserX from 'lucide-solid/icons/user-round-x';
import { createMemo, createResource, For, Show } from 'solid-js';
import { doorName } from '../data/labels.ts';
import { casesOf, left, loaded, oneOf, rows, wholeRecords } from '../data/records.ts';
import { type Row, text } from '../data/rows.ts';
import { t } from '../i18n/index.ts';
import { stateOfDoor } from './Doors.tsx';
import { Facts } from './facts.tsx';
import { MoreForms } from './MoreForms.tsx';
import { MovedOr } from './moves_later.tsx';
import { Registered } from './Registered.tsx';
import { recordPath, RecordState } from './record_state.tsx';
import { DoorChip, Empty, Header, Skeletons } from './parts.tsx';

export function PersonScreen() {
  const params = useParams<{ id: string }>();
  const id = () => oneOf(decodeURIComponent(params.id));
  const row = createMemo(() => rows().get(id()));
  const home = createMemo(() => rows().get(text(row() ?? ({ facts: {} } as Row), 'household')));
  const cases = createMemo(() => (casesOf().get(home()?.id ?? '') ?? []).filter((kase) => text(kase, 'person') === id()));
  const [records] = createResource(
    () => row() && [id(), ...cases().map((kase) => kase.id)],
    (ids) => wholeRecords(ids),
  );
  const phone = () => text(row() ?? ({ facts: {} } as Row), 'phone');

  return (
    <main class="screen screen--record">
      <Header title={(row() && text(row()!, 'name')) || row()?.label || left().get(id())?.label || t('person.title')} />
      <Show when={row()} fallback={<Show when={loaded()} fallback={<Skeletons count={4} />}><MovedOr id={id()}><Empty icon={UserX} title={t('person.not_found')} /></MovedOr></Show>}>
        <Registered row={row()!} record={records.latest?.find(({ kind }) => kind === 'person')} />
        <Show when={home()}>
          {(door) => (
            <A class="due tappable" href={`/household/${encodeURIComponent(door().id)}`}>
              <House size={24} aria-hidden="true" class="soft" />
              <span class="grow">
                <span class="due__who">{t('person.lives_at')}</span>
                <strong>{doorName(door())}</strong>
              </span>
              <DoorChip state={stateOfDoor(door())} />
              <ChevronRight size={24} aria-hidden="true" class="soft" />
            </A>
          )}
        </Show>
        <For each={records.latest}>
          {(record) => (
            <section class="stack">
              <h2>{record.kind === 'person' ? t('household.facts') : t('household.quarantine')}</h2>
              <Facts record={record} except={['household', 'person']} />
            </section>
          )}
        </For>
        <For each={cases()}>
          {(kase) => (
            <A class="due tappable" href={recordPath(kase.id)}>
              <span class="grow"><strong>{t('records.kinds.quarantine_case')}</strong></span>
              <RecordState row={kase} />
              <ChevronRight size={24} aria-hidden="true" class="soft" />
            </A>
          )}
        </For>
        <MoreForms row={row()!} />
        <Show when={phone()}>
          <div class="thumb">
            <a class="button button--main" href={`tel:${phone().replace(/\s/g, '')}`}>
              <Phone size={24} aria-hidden="true" />
              {phone()}
            </a>
          </div>
        </Show>
      </Show>
    </main>
  );
}
