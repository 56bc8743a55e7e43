// Trying a form exactly as the phone shows it, nobody signed in: nothing is kept or sent. In the end it shows what would have been sent and what the centre would say.
import CircleAlert from 'lucide-solid/icons/circle-alert';
import CircleCheck from 'lucide-solid/icons/circle-check';
import RotateCcw from 'lucide-solid/icons/rotate-ccw';
import Undo2 from 'lucide-solid/icons/undo-2';
import FileX from 'lucide-solid/icons/file-x';
import { createMemo, createResource, createSignal, For, Match, onCleanup, Show, Switch } from 'solid-js';
import type { Answers, FormDocument, Problem } from '../data/documents.ts';
import { day } from '../data/due.ts';
import { fieldsByPath, placeLabel } from '../data/labels.ts';
import type { StoredMedia } from '../forms-contract.ts';
import { FormScreen } from '../forms/index.ts';
import { setLocale, t, textOf } from '../i18n/index.ts';
import { Answered, Problems } from './Answered.tsx';
import { exampleStart } from './example_start.ts';
import { Empty } from './parts.tsx';
import '../styles/try.css';

const ANSWER_SECONDS_MAX = 30;

interface Verdict {
  accepted: boolean;
  problems: Problem[];
  remarks: Problem[];
  changes: { kind: string; id: string; path: string; properties: Answers }[];
}
interface Tried {
  answers: Answers;
  media: StoredMedia[];
}

export function TryScreen(props: { token: string }) {
  const address = `/api/forms/try/${encodeURIComponent(props.token)}`;
  const wished = new URLSearchParams(location.search).get('language');
  if (wished === 'zh' || wished === 'en') setLocale(wished);
  const [form] = createResource(() => fetchJson<FormDocument>(address));
  const [round, setRound] = createSignal(0);
  const [tried, setTried] = createSignal<Tried | null>(null);
  const [left, setLeft] = createSignal(false);
  const again = () => {
    setTried(null);
    setLeft(false);
    setRound(round() + 1);
  };

  return (
    <Switch
      fallback={
        <main class="screen" aria-busy="true">
          <p class="empty">{t('form_page.loading')}</p>
        </main>
      }
    >
      <Match when={form.error}>
        <main class="screen">
          <Empty icon={FileX} title={t('try.not_there')} hint={t('try.not_there_hint')}>
            <p class="soft small">{String((form.error as Error).message)}</p>
          </Empty>
        </main>
      </Match>
      <Match when={form.state === 'ready' && form()}>
        {(ready) => (
          <>
            <p class="try-line" role="note">
              {t('try.line')}
            </p>
            {/* It stays where it is behind what would have been sent, so that one can go back and change an answer. */}
            <div hidden={tried() !== null || left()}>
              <Show when={round() + 1} keyed>
                <FormScreen
                  form={ready()}
                  start={exampleStart(ready(), { door: t('try.example_door'), people: [t('try.example_person_1'), t('try.example_person_2')] }, day(new Date()))}
                  try
                  onTried={(answers, media) => setTried({ answers, media })}
                  onSaved={() => undefined}
                  onLeft={() => setLeft(true)}
                />
              </Show>
            </div>
            <Show when={tried()} keyed>
              {(done) => <TriedPage address={address} form={ready()} tried={done} onBack={() => setTried(null)} onAgain={again} />}
            </Show>
            <Show when={left() && !tried()}>
              <main class="screen">
                <h1>{t('try.left')}</h1>
                <p class="soft">{t('try.left_hint')}</p>
                <button type="button" class="button button--main" onClick={again}>
                  <RotateCcw size={22} aria-hidden="true" /> {t('try.again')}
                </button>
              </main>
            </Show>
          </>
        )}
      </Match>
    </Switch>
  );
}

function TriedPage(props: { address: string; form: FormDocument; tried: Tried; onBack: () => void; onAgain: () => void }) {
  const [verdict] = createResource(() => fetchJson<Verdict>(`${props.address}/judge`, { answers: props.tried.answers }));
  const fields = createMemo(() => fieldsByPath(props.form));
  const place = (path: string) => (path ? placeLabel(path, fields(), props.tried.answers) : textOf(props.form.title));
  const pictures = props.tried.media.map((media) => ({ ...media, url: URL.createObjectURL(media.blob) }));
  onCleanup(() => pictures.forEach(({ url }) => URL.revokeObjectURL(url)));
  requestAnimationFrame(() => window.scrollTo(0, 0));

  return (
    <main class="screen screen--record">
      <h1>{t('try.done')}</h1>
      <section class="stack" aria-live="polite">
        <h2>{t('try.verdict')}</h2>
        <Switch fallback={<p class="soft">{t('try.asking')}</p>}>
          <Match when={verdict.error}>
            <p class="notice notice--warn">{t('try.no_verdict', { reason: String((verdict.error as Error).message) })}</p>
          </Match>
          <Match when={verdict.state === 'ready' && verdict()}>
            {(said) => (
              <>
                <p class={`notice notice--${said().accepted ? 'good' : 'bad'}`} id="verdict">
                  <Show when={said().accepted} fallback={<CircleAlert size={22} aria-hidden="true" />}>
                    <CircleCheck size={22} aria-hidden="true" />
                  </Show>
                  <span>{said().accepted ? t('try.accepted') : t('try.held', { count: said().problems.length })}</span>
                </p>
                <Show when={said().problems.length > 0}>
                  <Problems problems={said().problems} place={place} tone="bad" />
                </Show>
                <Show when={said().remarks.length > 0}>
                  <h3>{t('submission.remarks')}</h3>
                  <Problems problems={said().remarks} place={place} tone="calm" />
                </Show>
                <Show when={said().changes.length > 0} fallback={<p class="soft">{t('try.no_records')}</p>}>
                  <h3>{t('try.records')}</h3>
                  <ul class="card stack">
                    <For each={said().changes}>
                      {(change) => (
                        <li>
                          <strong>{change.kind}</strong> <code class="small">{change.id}</code>
                          <div class="soft small">{Object.keys(change.properties).join(', ')}</div>
                        </li>
                      )}
                    </For>
                  </ul>
                </Show>
              </>
            )}
          </Match>
        </Switch>
      </section>
      <section class="stack">
        <h2>{t('try.sent')}</h2>
        <div class="card">
          <Answered answers={props.tried.answers} whole={props.tried.answers} path="" fields={fields()} />
        </div>
        <For each={pictures}>
          {(picture) => (
            <figure class="card try-file">
              <Show when={picture.type.startsWith('image/')}>
                <img src={picture.url} alt={picture.name} />
              </Show>
              <figcaption class="soft small">
                {picture.name} · {Math.ceil(picture.bytes / 1024)} kB
              </figcaption>
            </figure>
          )}
        </For>
        <details class="card">
          <summary>{t('try.json')}</summary>
          <pre class="try-json" tabindex="0">
            {JSON.stringify(props.tried.answers, null, 1)}
          </pre>
        </details>
      </section>
      <div class="thumb try-thumb">
        <button type="button" class="button" onClick={() => props.onBack()}>
          <Undo2 size={22} aria-hidden="true" /> {t('try.back')}
        </button>
        <button type="button" class="button button--main" onClick={() => props.onAgain()}>
          <RotateCcw size={22} aria-hidden="true" /> {t('try.again')}
        </button>
      </div>
    </main>
  );
}

async function fetchJson<T>(address: string, body?: object): Promise<T> {
  const init: RequestInit = body ? { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) } : {};
  const response = await fetch(address, { ...init, credentials: 'omit', signal: AbortSignal.timeout(ANSWER_SECONDS_MAX * 1000) });
  const answer = (await response.json()) as T & { reason?: string };
  if (!response.ok) throw new Error(answer.reason ?? response.statusText);
  return answer;
}
