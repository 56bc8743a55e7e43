// One record that is no household and no person: how it stands, what is known and who wrote it, and the forms that go on from it.
import { A, useNavigate, useParams } from '@solidjs/router';
import ChevronRight from 'lucide-solid/icons/chevron-right';
import FileX from 'lucide-solid/icons/file-x';
import House from 'lucide-solid/icons/house';
import Phone from 'lucide-solid/icons/phone';
import SquarePen from 'lucide-solid/icons/square-pen';
import UserRound from 'lucide-solid/icons/user-round';
import { createMemo, createResource, Show } from 'solid-js';
import { doorName, recordName } from '../data/labels.ts';
import { left, loaded, oneOf, rows, wholeRecords } from '../data/records.ts';
import { type Row, text } from '../data/rows.ts';
import { t, textOf } from '../i18n/index.ts';
import { Facts } from './facts.tsx';
import { MoreForms, Related } from './MoreForms.tsx';
import { MovedOr } from './moves_later.tsx';
import { formPath, formsFrom } from './open_form.ts';
import { Empty, Header, Skeletons } from './parts.tsx';
import { Registered } from './Registered.tsx';
import { RecordState } from './record_state.tsx';

const NONE: Pick<Row, 'facts'> = { facts: {} };

export function RecordScreen() {
  const params = useParams<{ id: string }>();
  const navigate = useNavigate();
  const id = () => oneOf(decodeURIComponent(params.id));
  const row = createMemo(() => rows().get(id()));
  const fact = (name: string) => text((row() ?? NONE) as Row, name);
  const home = createMemo(() => rows().get(fact('household')));
  const person = createMemo(() => rows().get(fact('person')));
  const [record] = createResource(row, async (current: Row) => (await wholeRecords([current.id]))[0]);
  const goesOn = createMemo(() => (row() ? formsFrom(row()!.kind).find((form) => form.starts_from === row()!.kind) : undefined));

  return (
    <main class="screen screen--record">
      <Header title={row() ? recordName(row()!) : (left().get(id())?.label ?? t('records.not_found'))}>
        <Show when={row()}>{(current) => <RecordState row={current()} />}</Show>
      </Header>
      <Show when={row()} fallback={<Show when={loaded()} fallback={<Skeletons count={4} />}><MovedOr id={id()}><Empty icon={FileX} title={t('records.not_found')} hint={t('records.not_found_hint')} /></MovedOr></Show>}>
        {(current) => (
          <>
            <p class="soft">{t(`records.kinds.${current().kind}`)}</p>
            <Registered row={current()} />
            <Show when={home()}>
              {(door) => (
                <A class="due tappable" href={`/household/${encodeURIComponent(door().id)}`}>
                  <House size={24} aria-hidden="true" class="soft" />
                  <span class="grow"><span class="due__who">{t('records.at_door')}</span><strong>{doorName(door())}</strong></span>
                  <ChevronRight size={24} aria-hidden="true" class="soft" />
                </A>
              )}
            </Show>
            <Show when={person()}>
              {(one) => (
                <A class="due tappable" href={`/person/${encodeURIComponent(one().id)}`}>
                  <UserRound size={24} aria-hidden="true" class="soft" />
                  <span class="grow"><span class="due__who">{t('records.whose')}</span><strong>{recordName(one())}</strong></span>
                  <ChevronRight size={24} aria-hidden="true" class="soft" />
                </A>
              )}
            </Show>
            <Show when={record.latest}>{(whole) => <Facts record={whole()} except={['household', 'person', 'premises']} />}</Show>
            <Related row={current()} />
            <MoreForms row={current()} except={goesOn() ? [goesOn()!.form] : []} />
            <div class="thumb">
              <Show when={fact('phone')}>
                {(number) => (
                  <a class="button thumb__small" href={`tel:${number().replace(/\s/g, '')}`} aria-label={t('household.call')}>
                    <Phone size={24} aria-hidden="true" />
                  </a>
                )}
              </Show>
              <Show when={goesOn()}>
                {(form) => (
                  <button type="button" class="button button--main" onClick={() => navigate(formPath(form().form, id()))}>
                    <SquarePen size={24} aria-hidden="true" />
                    {textOf(form().title)}
                  </button>
                )}
              </Show>
            </div>
          </>
        )}
      </Show>
    </main>
  );
}
