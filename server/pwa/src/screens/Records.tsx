// Records of one kind: problems, requests, passes, shifts, premises, people in quarantine. What is open comes first; a tap shows one, or starts the form that was asked for.
import { useNavigate, useParams, useSearchParams } from '@solidjs/router';
import ChevronRight from 'lucide-solid/icons/chevron-right';
import FilePlus from 'lucide-solid/icons/file-plus';
import Files from 'lucide-solid/icons/files';
import Search from 'lucide-solid/icons/search';
import { createMemo, createSignal, For, Show } from 'solid-js';
import type { RecordKind } from '../data/documents.ts';
import { day } from '../data/due.ts';
import { doorName, question, readable, recordName } from '../data/labels.ts';
import { now } from '../data/now.ts';
import { currentForm, loaded, rows } from '../data/records.ts';
import { isOpen, naturally, type Row, SEARCH_RESULTS_MAX, text, wordsOf } from '../data/rows.ts';
import { date, moment } from '../i18n/dates.ts';
import { isWord, t, textOf } from '../i18n/index.ts';
import { formPath, formsFrom } from './open_form.ts';
import { Empty, Header, Skeletons } from './parts.tsx';
import { PendingChip } from './PendingChip.tsx';
import { recordPath, RecordState } from './record_state.tsx';

const isKind = (kind: string): kind is RecordKind => isWord(`records.kinds.${kind}`);

export function RecordsScreen() {
  const params = useParams<{ kind: string }>();
  const [asked] = useSearchParams<{ form?: string }>();
  const navigate = useNavigate();
  const kind = (): RecordKind => (isKind(params.kind) ? params.kind : 'problem');
  const form = () => (asked.form ? currentForm(asked.form) : undefined);
  const [query, setQuery] = createSignal('');
  const [openOnly, setOpenOnly] = createSignal(true);
  const today = () => day(now());
  const all = createMemo(() => [...rows().values()].filter((row) => row.kind === kind()));
  const open = createMemo(() => all().filter((row) => isOpen(row, today())));
  const shown = createMemo(() => {
    const words = wordsOf(query());
    const from = words.length > 0 || !openOnly() ? all() : open();
    return from
      .filter((row) => words.every((word) => `${row.search} ${recordName(row)} ${doorOf(row)}`.toLowerCase().includes(word)))
      .sort((a, b) => Number(isOpen(b, today())) - Number(isOpen(a, today())) || naturally(doorOf(a), doorOf(b)) || (a.clock < b.clock ? 1 : -1))
      .slice(0, SEARCH_RESULTS_MAX);
  });
  const begins = createMemo(() => (form() ? [] : formsFrom(kind()).filter((one) => one.starts_from === kind() && one.starts_new)));

  return (
    <main class="screen">
      <Header title={form() ? t('records.choose', { form: textOf(form()!.title) }) : t(`records.many.${kind()}`)} />
      <Show when={loaded()} fallback={<Skeletons count={6} />}>
        <div class="search">
          <Search size={22} aria-hidden="true" class="search__icon" />
          <input class="input search__input" type="search" autocomplete="off" autocapitalize="none" spellcheck={false} aria-label={t('records.search')} placeholder={t('records.search')} value={query()} onInput={(event) => setQuery(event.currentTarget.value)} />
        </div>
        <Show when={kind() !== 'visit'}>
          <div class="blocks" role="group">
            <button type="button" class="block block--small tappable" aria-pressed={openOnly()} onClick={() => setOpenOnly(true)}>{t('records.open_only')} <span class="number">{open().length}</span></button>
            <button type="button" class="block block--small tappable" aria-pressed={!openOnly()} onClick={() => setOpenOnly(false)}>{t('records.all')} <span class="number">{all().length}</span></button>
          </div>
        </Show>
        <Show when={shown().length > 0} fallback={<Empty icon={Files} title={all().length > 0 && openOnly() ? t('records.none_open') : t('records.empty')} hint={all().length > 0 && openOnly() ? t('records.none_open_hint') : t('records.empty_hint')} />}>
          <ul class="list">
            <For each={shown()}>{(row) => <li><Line row={row} onTap={() => navigate(form() ? formPath(form()!.form, row.id) : recordPath(row.id))} /></li>}</For>
          </ul>
        </Show>
        <Show when={begins()[0]}>
          {(one) => (
            <div class="floating">
              <button type="button" class="button button--main floating__button" onClick={() => navigate(formPath(one().form))}>
                <FilePlus size={24} aria-hidden="true" />
                {textOf(one().title)}
              </button>
            </div>
          )}
        </Show>
      </Show>
    </main>
  );
}

function doorOf(row: Row): string {
  return doorName(rows().get(text(row, 'household')));
}

function Line(props: { row: Row; onTap: () => void }) {
  const about = () => [doorOf(props.row), ...factsOf(props.row)].filter(Boolean).join(' · ');
  return (
    <button type="button" class="due tappable" onClick={() => props.onTap()}>
      <span class="grow">
        <strong class="due__door">{recordName(props.row)}</strong>
        <span class="due__who">{about()}</span>
        <span class="row row--wrap due__chip">
          <RecordState row={props.row} />
          <PendingChip submissions={props.row.pending} />
        </span>
      </span>
      <ChevronRight size={24} aria-hidden="true" class="soft" />
    </button>
  );
}

const SHOWN: Partial<Record<RecordKind, string[]>> = {
  premises: ['kind', 'address'], pass: ['kind', 'plate'], problem: ['kind', 'owner_name'], service_request: ['kind', 'requester_name', 'urgency'], duty_shift: ['post', 'checked_in_at'], visit: ['outcome', 'visited_at'],
};

function factsOf(row: Row): string[] {
  if (row.kind === 'quarantine_case') return [text(row, 'ends_on') && t('household.until', { date: date(`${text(row, 'ends_on')}T12:00:00`) })];
  return (SHOWN[row.kind] ?? []).map((fact) => (fact.endsWith('_at') ? moment(text(row, fact)) : readable(row.facts[fact] ?? null, question(row.kind, fact))));
}
