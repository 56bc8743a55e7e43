// Where one stands in a form: whose screen it is, and how far one has got.
import { For, Show } from 'solid-js';
import { t } from '../i18n/index.ts';
import type { Filling } from './filling.ts';
import { pageName } from './Outline.tsx';
import { rowName, rowTitle } from './rows.ts';

export function PageHead(props: { filling: Filling }) {
  const page = () => props.filling.page();
  const at = () => page().rows.at(-1);
  return (
    <Show when={at()} keyed fallback={<h1 class="form-page__title" tabindex="-1">{pageName(page(), props.filling)}</h1>}>
      {(place) => (
        <div class="form-page__person">
          <span class="person__face person__face--big" aria-hidden="true">
            {[...rowName(place.row, props.filling)][0] ?? place.index + 1}
          </span>
          <div class="grow">
            <h1 tabindex="-1">{rowTitle(place.row, props.filling)}</h1>
            <span class="soft">
              {[t('form.rows.of', { number: place.index + 1, count: place.roster.rows().length }), page().title].filter(Boolean).join(' · ')}
            </span>
          </div>
        </div>
      )}
    </Show>
  );
}

export function Progress(props: { filling: Filling }) {
  const here = () => props.filling.page();
  const sections = () => props.filling.sections();
  const index = () => (here().kind === 'review' ? sections().length : sections().findIndex((section) => section.pages.some((page) => page.key === here().key)));
  return (
    <div class="progress" role="img" aria-label={t('form.progress', { section: Math.min(index() + 1, sections().length), count: sections().length })}>
      <For each={sections()}>
        {(section, number) => {
          const done = () => section.pages.filter((page) => props.filling.isVisited(page) || page.key === here().key).length / section.pages.length;
          return (
            <span class="progress__section" classList={{ 'progress__section--here': number() === index() }} style={{ 'flex-grow': section.pages.length }}>
              <span class="progress__done" style={{ transform: `scaleX(${done()})` }} />
            </span>
          );
        }}
      </For>
    </div>
  );
}
