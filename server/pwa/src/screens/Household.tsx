// A household: who lives there, what is known and who wrote it when, what waits to be sent; call, survey, check.
import { A, useNavigate, useParams } from '@solidjs/router';
import ChevronRight from 'lucide-solid/icons/chevron-right';
import ClipboardList from 'lucide-solid/icons/clipboard-list';
import DoorClosed from 'lucide-solid/icons/door-closed';
import Phone from 'lucide-solid/icons/phone';
import ShieldAlert from 'lucide-solid/icons/shield-alert';
import Thermometer from 'lucide-solid/icons/thermometer';
import { createMemo, createResource, For, Show } from 'solid-js';
import { dayOfQuarantine, day } from '../data/due.ts';
import { doorName, formTitle, question, readable } from '../data/labels.ts';
import { now } from '../data/now.ts';
import { casesOf, left, loaded, oneOf, peopleOf, rows, wholeRecords, workerName } from '../data/records.ts';
import { isInQuarantine, type Row, text } from '../data/rows.ts';
import { isOver, sheets, touches } from '../data/submissions.ts';
import { date, moment } from '../i18n/dates.ts';
import { t } from '../i18n/index.ts';
import { Disputed } from './Disputed.tsx';
import { stateOfDoor } from './Doors.tsx';
import { Facts } from './facts.tsx';
import { MoreForms, Related } from './MoreForms.tsx';
import { MovedOr } from './moves_later.tsx';
import { OnTheWay } from './OnTheWay.tsx';
import { PendingChip } from './PendingChip.tsx';
import { CHECK, checkPath, SURVEY, surveyPath } from './open_form.ts';
import { DoorChip, Empty, Header, Skeletons } from './parts.tsx';
import { Registered } from './Registered.tsx';

const FEVER_FROM = 37.3;

export function HouseholdScreen() {
  const params = useParams<{ id: string }>();
  const navigate = useNavigate();
  const id = () => oneOf(decodeURIComponent(params.id));
  const row = createMemo(() => rows().get(id()));
  const people = createMemo(() => peopleOf().get(id()) ?? []);
  const cases = createMemo(() => (casesOf().get(id()) ?? []).filter((kase) => isInQuarantine(kase, day(now()))));
  const waiting = createMemo(() => sheets().filter(({ submission, state }) => !isOver(state) && (row()?.members ?? [id()]).some((each) => touches(submission, each))));
  const [records] = createResource(() => row() && [row()!, ...people()], (current: Row[]) => wholeRecords(current.map((each) => each.id)));
  const record = () => records.latest?.find(({ kind }) => kind === 'household');
  const phone = () => text(row() ?? ({ facts: {} } as Row), 'phone') || people().map((person) => text(person, 'phone')).find(Boolean);

  return (
    <main class="screen screen--record">
      <Header title={doorName(row()) || left().get(id())?.label || t('household.title')}>
        <Show when={row()}>{(current) => <DoorChip state={stateOfDoor(current())} />}</Show>
      </Header>
      <Show when={row()} fallback={<Show when={loaded()} fallback={<Skeletons count={5} />}><MovedOr id={id()}><Empty icon={DoorClosed} title={t('household.not_found')} hint={t('household.not_found_hint')} /></MovedOr></Show>}>
        <For each={cases()}>
          {(kase) => (
            <div class="notice notice--bad">
              <ShieldAlert size={24} aria-hidden="true" />
              <div class="grow">
                <strong>{text(rows().get(text(kase, 'person')) ?? kase, 'name') || kase.label} · {t('household.quarantine')}</strong>
                <p>
                  <Show when={dayOfQuarantine(kase, now())}>{(progress) => t('household.day', progress())}</Show>
                  <Show when={text(kase, 'ends_on')}>{(until) => <> · {t('household.until', { date: date(`${until()}T12:00:00`) })}</>}</Show>
                </p>
              </div>
            </div>
          )}
        </For>
        <Disputed records={records.latest ?? []} />
        <Registered row={row()!} />
        <p class="soft">{text(row()!, 'visited_at') ? t('household.last_visit', { at: moment(text(row()!, 'visited_at')) }) : t('household.never_visited')}</p>

        <section class="stack">
          <h2>{t('household.people')} <span class="soft number">{people().length || ''}</span></h2>
          <Show when={people().length > 0} fallback={<p class="card soft">{t('household.no_people')}</p>}>
            <ul class="list">
              <For each={people()}>{(person) => <li><PersonLine person={person} /></li>}</For>
            </ul>
          </Show>
        </section>

        <OnTheWay sheets={waiting()} />

        <Show when={record()}>
          {(current) => (
            <section class="stack">
              <h2>{t('household.facts')}</h2>
              <Facts empty={t('household.no_facts')} record={current()} except={['building', 'unit', 'room', 'ordinal', 'visited_at', 'member_count', 'vulnerable_count', 'fever_count']} />
            </section>
          )}
        </Show>

        <MoreForms row={row()!} except={[SURVEY, CHECK]} />
        <Related row={row()!} />

        <Show when={record()}>
          {(current) => (
            <section class="stack">
              <h2>{t('household.history')}</h2>
              <Show when={current().submissions.length > 0} fallback={<p class="card soft">{t('household.no_history')}</p>}>
                <ol class="card history">
                  <For each={current().submissions}>
                    {(one) => (
                      <li>
                        <strong>{formTitle(one.form)}</strong>
                        <span class="soft">{t('household.by', { name: workerName(one.worker), at: moment(one.at) })}</span>
                      </li>
                    )}
                  </For>
                </ol>
              </Show>
            </section>
          )}
        </Show>

        <div class="thumb">
          <Show when={phone()}>
            {(number) => (
              <a class="button thumb__small" href={`tel:${number().replace(/\s/g, '')}`} aria-label={t('household.call')}>
                <Phone size={24} aria-hidden="true" />
              </a>
            )}
          </Show>
          <button type="button" class="button" classList={{ 'button--main': cases().length === 0 }} onClick={() => navigate(surveyPath(id()))}>
            <ClipboardList size={24} aria-hidden="true" />
            {t('household.survey')}
          </button>
          <Show when={cases().length > 0}>
            <button type="button" class="button button--main" onClick={() => navigate(checkPath(id()))}>
              <Thermometer size={24} aria-hidden="true" />
              {t('household.check')}
            </button>
          </Show>
        </div>
      </Show>
    </main>
  );
}

export function PersonLine(props: { person: Row }) {
  const temperature = () => Number(text(props.person, 'temperature') || NaN);
  const about = () => {
    const { person } = props;
    const age = Number(text(person, 'birth_year')) ? now().getFullYear() - Number(text(person, 'birth_year')) : null;
    return [
      readable(text(person, 'sex'), question('person', 'sex')),
      age === null ? '' : t('household.years', { years: age }),
      readable(text(person, 'relation'), question('person', 'relation')),
      text(person, 'kind') === 'resident' ? '' : readable(text(person, 'kind'), question('person', 'kind')),
    ]
      .filter(Boolean)
      .join(' · ');
  };
  return (
    <A href={`/person/${encodeURIComponent(props.person.id)}`} class="due tappable">
      <span class="grow">
        <strong class="due__door">{text(props.person, 'name') || props.person.label}</strong>
        <span class="due__who">{about()}</span>
      </span>
      <Show when={temperature() >= FEVER_FROM}>
        <span class="chip chip--bad"><Thermometer size={18} aria-hidden="true" />{t('household.fever', { temperature: temperature() })}</span>
      </Show>
      <PendingChip submissions={props.person.pending} />
      <ChevronRight size={24} aria-hidden="true" class="soft" />
    </A>
  );
}
