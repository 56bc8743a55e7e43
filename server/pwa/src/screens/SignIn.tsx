// Sign in: once, with a network. After the office ended a session: what is kept, and the way back in.
import Eye from 'lucide-solid/icons/eye';
import ShieldAlert from 'lucide-solid/icons/shield-alert';
import TriangleAlert from 'lucide-solid/icons/triangle-alert';
import { createResource, createSignal, onMount, Show } from 'solid-js';
import { readSetting } from '../data/desk.ts';
import { drafts } from '../data/drafts.ts';
import type { Farewell } from '../data/handing_in.ts';
import { noteLeftBehind } from '../data/left_behind.ts';
import { FAREWELL, OutOfReach, session, sessionState, signIn, SignInRefused, Updating } from '../data/session.ts';
import { sheets } from '../data/submissions.ts';
import { type Key, locale, setLocale, t } from '../i18n/index.ts';
import { LeftBehindNotice } from './LeftBehindNotice.tsx';

type Trouble = { key: Key; values?: Record<string, string> } | null;

export function SignInScreen() {
  const [username, setUsername] = createSignal(session()?.username ?? '');
  const [password, setPassword] = createSignal('');
  const [shown, setShown] = createSignal(false);
  const [busy, setBusy] = createSignal(false);
  const [trouble, setTrouble] = createSignal<Trouble>(null);
  const [farewell] = createResource(() => readSetting<Farewell>(FAREWELL));
  const unsent = () => sheets().filter(({ state }) => state.state === 'waiting').length;
  /** Somebody else's work lies here and does not go on its way with this account: said once, the second tap signs in all the same. */
  const leaves = () => sessionState().state === 'ended_by_office' && username().trim() !== session()?.username && unsent() + drafts().length > 0;
  let warnedOf = '';
  let name!: HTMLInputElement;
  let secret!: HTMLInputElement;
  onMount(() => (username() ? secret : name).focus({ preventScroll: true }));

  const submit = async (event: Event) => {
    event.preventDefault();
    if (busy()) return;
    if (!username().trim() || !password()) return void setTrouble({ key: 'sign_in.need_both' });
    if (leaves() && warnedOf !== username()) {
      warnedOf = username();
      return void setTrouble({ key: 'sign_in.leaves', values: { name: session()!.worker.name, count: String(unsent() + drafts().length) } });
    }
    setBusy(true);
    setTrouble(null);
    const [before, count] = [session(), unsent() + drafts().length];
    try {
      await noteLeftBehind(await signIn(username().trim(), password()), before, count);
    } catch (error) {
      setTrouble(troubleOf(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <main class="sign-in">
      <div class="sign-in__language">
        <button type="button" class="button button--plain" onClick={() => setLocale(locale() === 'zh' ? 'en' : 'zh')}>
          {locale() === 'zh' ? 'English' : '中文'}
        </button>
      </div>
      <div class="sign-in__name">
        <img src={`${import.meta.env.BASE_URL}icons/icon.svg`} width="80" height="80" alt="" />
        <h1>{t('app.name')}</h1>
        <p class="soft">{t('app.tagline')}</p>
      </div>
      <form class="sign-in__form stack" onSubmit={submit}>
        <Show when={farewell.state === 'ready' && farewell()}>
          {(told) => (
            <div class="notice notice--warn" role="status">
              <ShieldAlert size={22} aria-hidden="true" />
              <div>
                <strong>{t('farewell.title')}</strong>
                <p>{farewellWords(told())}</p>
              </div>
            </div>
          )}
        </Show>
        <Show when={sessionState().state === 'ended_by_office'} fallback={<p class="soft">{t('sign_in.lead')}</p>}>
          <div class="notice notice--warn">
            <ShieldAlert size={22} aria-hidden="true" />
            <div>
              <strong>{t('sign_in.ended_title')}</strong>
              <p>{unsent() > 0 ? t('sign_in.ended', { count: unsent() }) : t('sign_in.ended_none')}</p>
            </div>
          </div>
        </Show>
        <Show when={sessionState().state === 'none'}><LeftBehindNotice /></Show>
        <div>
          <label class="label" for="username">{t('sign_in.username')}</label>
          <input ref={name} id="username" name="username" class="input" autocomplete="username" autocapitalize="none" spellcheck={false} value={username()} onInput={(event) => setUsername(event.currentTarget.value)} />
        </div>
        <div>
          <label class="label" for="password">{t('sign_in.password')}</label>
          <div class="sign-in__password">
            <input ref={secret} id="password" name="password" class="input" type={shown() ? 'text' : 'password'} autocomplete="current-password" value={password()} onInput={(event) => setPassword(event.currentTarget.value)} />
            <button type="button" class="sign-in__eye" aria-label={t('sign_in.show')} aria-pressed={shown()} onClick={() => setShown(!shown())}>
              <Eye size={22} aria-hidden="true" />
            </button>
          </div>
        </div>
        <Show when={trouble()}>
          {(what) => (
            <div class="notice notice--bad" role="alert">
              <TriangleAlert size={22} aria-hidden="true" />
              <p>{t(what().key, what().values)}</p>
            </div>
          )}
        </Show>
        <button type="submit" class="button button--main button--wide" disabled={busy()}>
          {busy() ? t('sign_in.busy') : t('sign_in.submit')}
        </button>
      </form>
    </main>
  );
}

function farewellWords(told: Farewell): string {
  const { submissions, photos, drafts, at_once } = told;
  if (submissions + photos + drafts === 0) return t('farewell.nothing');
  return t(at_once ? 'farewell.at_once' : 'farewell.handed_in', { submissions, photos, drafts });
}

function troubleOf(error: unknown): Trouble {
  if (error instanceof Updating) return { key: 'sign_in.updating' };
  if (error instanceof OutOfReach) return { key: 'sign_in.offline' };
  if (!(error instanceof SignInRefused)) return { key: 'sign_in.server', values: { detail: String((error as Error).message ?? error) } };
  if (error.status === 401) return { key: 'sign_in.refused' };
  if (error.status === 403) return { key: 'sign_in.not_phone' };
  if (error.status === 429) return { key: 'sign_in.too_many' };
  return { key: 'sign_in.server', values: { detail: `${error.status} ${error.reason}` } };
}
