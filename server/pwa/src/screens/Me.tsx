// Me: who, where, in which language; storage, versions, clock; hand in and sign out.
import Clock from 'lucide-solid/icons/clock';
import FileText from 'lucide-solid/icons/file-text';
import HardDrive from 'lucide-solid/icons/hard-drive';
import Languages from 'lucide-solid/icons/languages';
import LogOut from 'lucide-solid/icons/log-out';
import MapPin from 'lucide-solid/icons/map-pin';
import RefreshCw from 'lucide-solid/icons/refresh-cw';
import { createMemo, createResource, createSignal, For, type JSX, Show } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import { drafts } from '../data/drafts.ts';
import { areas, forms } from '../data/records.ts';
import { clockOffset, session } from '../data/session.ts';
import { storageUse } from '../data/storage.ts';
import { syncedAt, syncNow, syncState } from '../data/sync.ts';
import { handInAndSignOut, unsentWork } from '../data/working_day.ts';
import { moment } from '../i18n/dates.ts';
import { locale, setLocale, t, textOf } from '../i18n/index.ts';
import { applyUpdate, updateReady } from '../updates.ts';
import { clockWords } from './clock_words.ts';
import type { Icon } from './parts.tsx';

const STORAGE_NEARLY_FULL = 0.9;

export function MeScreen() {
  const [use] = createResource(syncedAt, storageUse, { initialValue: undefined });
  const [first] = createResource(storageUse);
  const storage = () => use.latest ?? first();
  const nearlyFull = () => storage() !== undefined && storage()!.quota > 0 && storage()!.used / storage()!.quota > STORAGE_NEARLY_FULL;
  const current = createMemo(() => [...forms().values()].filter((form) => form.current && (form.audience ?? 'phone').includes('phone')));

  return (
    <main class="screen">
      <div class="screen__title">
        <h1>{session()?.worker.name}</h1>
        <p class="soft number">{session()?.username} · {t('me.device')} {session()?.device}</p>
      </div>

      <Section icon={MapPin} title={t('me.areas')}>
        <ul class="stack">
          <For each={session()?.worker.areas} fallback={<li class="soft">{t('me.no_area')}</li>}>{(area) => <li>{textOf(areas().get(area.id)?.path) || textOf(area.name)}</li>}</For>
        </ul>
      </Section>

      <Section icon={Languages} title={t('me.language')}>
        <div class="segments" role="group" aria-label={t('me.language')}>
          <button type="button" class="segment" aria-pressed={locale() === 'zh'} lang="zh-CN" onClick={() => setLocale('zh')}>中文</button>
          <button type="button" class="segment" aria-pressed={locale() === 'en'} lang="en" onClick={() => setLocale('en')}>English</button>
        </div>
      </Section>

      <Section icon={RefreshCw} title={t('me.sync')}>
        <div class="row row--wrap">
          <span class="grow">{syncedAt() === null ? t('line.never') : t('me.last_sync', { at: moment(syncedAt()!) })}</span>
          <button type="button" class="button button--soft" disabled={syncState().state === 'running'} onClick={() => void syncNow()}>{t('me.sync_now')}</button>
        </div>
      </Section>

      <Section icon={Clock} title={t('me.clock')}>
        <p classList={{ 'text--bad': Math.abs(clockOffset()) > 60_000 }}>{clockWords(clockOffset())}</p>
      </Section>

      <Section icon={HardDrive} title={t('me.storage')}>
        <Show when={storage()}>
          {(found) => (
            <>
              <p class="number">{t('me.used', { used: megabytes(found().used), quota: megabytes(found().quota) })}</p>
              <p class="soft">{found().persistent ? t('me.persistent') : t('me.not_persistent')}</p>
            </>
          )}
        </Show>
        <Show when={nearlyFull()}><p class="notice notice--bad">{t('me.full')}</p></Show>
      </Section>

      <Section icon={FileText} title={t('me.versions')}>
        <div class="row row--wrap">
          <span class="grow">{t('me.app_version', { version: __APP_VERSION__ })}</span>
          <Show when={updateReady()}><button type="button" class="button button--soft" onClick={() => void applyUpdate()}>{t('update.apply')}</button></Show>
        </div>
        <For each={current()} fallback={<p class="soft">{t('me.no_forms')}</p>}>
          {(form) => <p>{t('me.form_version', { title: textOf(form.title), version: form.version })}</p>}
        </For>
      </Section>

      <SignOut />
    </main>
  );
}

function SignOut() {
  const [asked, setAsked] = createSignal(false);
  const [busy, setBusy] = createSignal(false);
  const [failed, setFailed] = createSignal(false);
  const [left] = createResource(asked, unsentWork);
  const unsent = () => (left()?.submissions ?? 0) + (left()?.photos ?? 0);
  const go = async () => {
    setBusy(true);
    setFailed(false);
    setFailed(!(await handInAndSignOut()));
    setBusy(false);
  };
  return (
    <Section icon={LogOut} title={t('me.sign_out')}>
      <p class="soft">{t('me.sign_out_lead')}</p>
      <Show when={asked()} fallback={<button type="button" class="button button--bad button--wide" onClick={() => setAsked(true)}>{t('me.sign_out')}</button>}>
        <Show when={unsent() > 0}><p class="notice notice--warn">{t('me.sign_out_unsent', { count: unsent() })}</p></Show>
        <Show when={drafts().length > 0}><p class="notice notice--bad">{t('me.sign_out_drafts', { count: drafts().length })}</p></Show>
        <Show when={failed()}><p class="notice notice--bad" role="alert">{t('me.sign_out_failed')}</p></Show>
        <div class="row row--wrap">
          <button type="button" class="button grow" disabled={busy()} onClick={() => setAsked(false)}>{t('common.cancel')}</button>
          <button type="button" class="button button--bad grow" disabled={busy()} onClick={() => void go()}>{busy() ? t('me.sign_out_busy') : t('me.sign_out_go')}</button>
        </div>
      </Show>
    </Section>
  );
}

function Section(props: { icon: Icon; title: string; children: JSX.Element }) {
  return (
    <section class="card stack">
      <h2 class="row"><Dynamic component={props.icon} size={22} aria-hidden="true" />{props.title}</h2>
      {props.children}
    </section>
  );
}

function megabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
