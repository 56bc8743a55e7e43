// Every form that this worker fills in, by the seven fields of work; and the records that such forms have made.
import { A } from '@solidjs/router';
import ChevronRight from 'lucide-solid/icons/chevron-right';
import FileText from 'lucide-solid/icons/file-text';
import Files from 'lucide-solid/icons/files';
import Search from 'lucide-solid/icons/search';
import SearchX from 'lucide-solid/icons/search-x';
import { createMemo, createSignal, For, Show } from 'solid-js';
import type { FieldOfWork, FormDocument, RecordKind } from '../data/documents.ts';
import { drafts } from '../data/drafts.ts';
import { day } from '../data/due.ts';
import { now } from '../data/now.ts';
import { currentForm, forms, loaded, rows } from '../data/records.ts';
import { isOpen } from '../data/rows.ts';
import { isWord, type Key, t, textOf } from '../i18n/index.ts';
import { entryPath, isOffered } from './open_form.ts';
import { Empty, Skeletons } from './parts.tsx';

const FIELDS_OF_WORK: FieldOfWork[] = ['monitoring', 'entry', 'reporting', 'publicity', 'environment', 'help', 'services'];
// Doors and the people behind them have a tab of their own; visits stand in their household.
const NOT_LISTED: ReadonlySet<RecordKind> = new Set(['household', 'person', 'visit']);

// What was searched for outlives a look at a form.
const [query, setQuery] = createSignal('');

export function FormsScreen() {
  const newest = createMemo(() => [...new Set([...forms().values()].map(({ form }) => form))].flatMap((form) => currentForm(form) ?? []).filter(isOffered));
  const found = createMemo(() => {
    const wanted = query().normalize('NFKC').trim().toLowerCase();
    return newest().filter((form) => `${form.title.zh} ${form.title.en} ${form.form}`.toLowerCase().includes(wanted));
  });
  const groups = createMemo(() =>
    [...FIELDS_OF_WORK, null].map((field) => ({ field, forms: found().filter((form) => (form.field_of_work ?? null) === field) })).filter(({ forms }) => forms.length > 0),
  );
  const begun = (form: FormDocument) => drafts().filter((draft) => draft.form === form.form).length;
  /** Kinds of records that are on this phone, with how many are open. */
  const kinds = createMemo(() => {
    const today = day(now());
    const open = new Map<RecordKind, number>();
    for (const row of rows().values()) if (!NOT_LISTED.has(row.kind) && isWord(`records.many.${row.kind}`)) open.set(row.kind, (open.get(row.kind) ?? 0) + Number(isOpen(row, today)));
    return [...open].map(([kind, count]) => ({ kind, count }));
  });

  return (
    <main class="screen">
      <h1>{t('forms.title')}</h1>
      <div class="search">
        <Search size={22} aria-hidden="true" class="search__icon" />
        <input class="input search__input" type="search" enterkeyhint="search" autocomplete="off" autocapitalize="none" spellcheck={false} aria-label={t('forms.search')} placeholder={t('forms.search')} value={query()} onInput={(event) => setQuery(event.currentTarget.value)} />
      </div>
      <Show when={loaded()} fallback={<Skeletons count={8} />}>
        <Show when={groups().length > 0} fallback={<Empty icon={SearchX} title={query() ? t('forms.no_match') : t('forms.empty')} hint={query() ? undefined : t('forms.empty_hint')} />}>
          <For each={groups()}>
            {(group) => (
              <section class="stack">
                <h2>{group.field ? t(`field_of_work.${group.field}` as Key) : t('forms.other')}</h2>
                <ul class="list">
                  <For each={group.forms}>
                    {(form) => (
                      <li>
                        <A class="due tappable" href={entryPath(form)}>
                          <FileText size={24} aria-hidden="true" class="soft" />
                          <span class="grow">
                            <strong>{textOf(form.title)}</strong>
                            <Show when={begun(form) > 0}>
                              <span class="due__who">{t('forms.begun', { count: begun(form) })}</span>
                            </Show>
                          </span>
                          <ChevronRight size={24} aria-hidden="true" class="soft" />
                        </A>
                      </li>
                    )}
                  </For>
                </ul>
              </section>
            )}
          </For>
        </Show>
        <Show when={kinds().length > 0 && !query()}>
          <section class="stack">
            <h2>{t('forms.records')}</h2>
            <ul class="list">
              <For each={kinds()}>
                {({ kind, count }) => (
                  <li>
                    <A class="due tappable" href={`/records/${kind}`}>
                      <Files size={24} aria-hidden="true" class="soft" />
                      <strong class="grow">{t(`records.many.${kind}` as Key)}</strong>
                      <Show when={count > 0}>
                        <span class="chip chip--warn number">{t('forms.open', { count })}</span>
                      </Show>
                      <ChevronRight size={24} aria-hidden="true" class="soft" />
                    </A>
                  </li>
                )}
              </For>
            </ul>
          </section>
        </Show>
      </Show>
    </main>
  );
}
