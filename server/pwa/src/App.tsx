// The frame of the app: who is signed in decides what is shown; the top line and the tabs stand on every screen but the form.
import { HashRouter, Route, useLocation } from '@solidjs/router';
import { createEffect, createResource, type JSX, lazy, Match, on, Show, Suspense, Switch } from 'solid-js';
import { clockIsWrong, loadSession, session, sessionState } from './data/session.ts';
import { now, startTime } from './data/now.ts';
import { isStorageFull } from './data/storage.ts';
import { openWorkingDay } from './data/working_day.ts';
import { t } from './i18n/index.ts';
import { DoorsScreen } from './screens/Doors.tsx';
import { FormsScreen } from './screens/Forms.tsx';
import { HouseholdScreen } from './screens/Household.tsx';
import { OutboxScreen } from './screens/Outbox.tsx';
import { Empty } from './screens/parts.tsx';
import { PersonScreen } from './screens/Person.tsx';
import { SignInScreen } from './screens/SignIn.tsx';
import { TabBar } from './screens/TabBar.tsx';
import { TakenAwayNotice } from './screens/TakenAway.tsx';
import { TodayScreen } from './screens/Today.tsx';
import { TopLine } from './screens/TopLine.tsx';
import TriangleAlert from 'lucide-solid/icons/triangle-alert';

const ClockNotice = lazy(() => import('./screens/ClockNotice.tsx'));
const HandingInScreen = lazy(() => import('./screens/HandingIn.tsx'));
const RecordsScreen = lazy(() => import('./screens/Records.tsx').then(({ RecordsScreen }) => ({ default: RecordsScreen })));
const RecordScreen = lazy(() => import('./screens/Record.tsx').then(({ RecordScreen }) => ({ default: RecordScreen })));
const SubmissionScreen = lazy(() => import('./screens/Submission.tsx').then(({ SubmissionScreen }) => ({ default: SubmissionScreen })));
const MeScreen = lazy(() => import('./screens/Me.tsx').then(({ MeScreen }) => ({ default: MeScreen })));
const FormPage = lazy(() => import('./screens/FormPage.tsx'));

export function App() {
  startTime();
  const [ready] = createResource(loadSession);
  // Also after the office ended the session: what is unsent is counted then, and kept.
  const whose = () => {
    const current = sessionState();
    return 'session' in current ? `${current.state} ${current.session.worker.id}` : undefined;
  };
  // The screens do not wait for it: they show their skeletons until the index is read.
  const [day] = createResource(whose, async () => {
    await openWorkingDay(session()!);
    return true;
  });

  return (
    <Switch fallback={<Splash />}>
      <Match when={ready.error || day.error}>
        <main class="screen">
          <Empty icon={TriangleAlert} title={t('boot.failed')} hint={t(isStorageFull(ready.error ?? day.error) ? 'boot.full' : 'boot.hint')}>
            <p class="soft small">{String(ready.error ?? day.error)}</p>
            <button type="button" class="button button--main" onClick={() => location.reload()}>
              {t('common.retry')}
            </button>
          </Empty>
        </main>
      </Match>
      <Match when={sessionState().state === 'none' || sessionState().state === 'ended_by_office'}>
        <SignInScreen />
      </Match>
      <Match when={sessionState().state === 'handing_in'}>
        <Suspense fallback={<Splash />}>
          <Show when={day()} fallback={<Splash />}>
            <HandingInScreen />
          </Show>
        </Suspense>
      </Match>
      <Match when={sessionState().state === 'signed_in'}>
        <HashRouter root={Frame}>
          <Route path="/" component={TodayScreen} />
          <Route path="/doors" component={DoorsScreen} />
          <Route path="/household/:id" component={HouseholdScreen} />
          <Route path="/person/:id" component={PersonScreen} />
          <Route path="/records/:kind" component={RecordsScreen} />
          <Route path="/record/:id" component={RecordScreen} />
          <Route path="/forms" component={FormsScreen} />
          <Route path="/outbox" component={OutboxScreen} />
          <Route path="/submission/:id" component={SubmissionScreen} />
          <Route path="/me" component={MeScreen} />
          <Route path="/form/:form" component={FormPage} />
          <Route path="*" component={TodayScreen} />
        </HashRouter>
      </Match>
    </Switch>
  );
}

function Frame(props: { children?: JSX.Element }) {
  const location = useLocation();
  const inForm = () => location.pathname.startsWith('/form/');
  // A new screen is told by its heading, and the Tab key goes on from there.
  createEffect(on(() => location.pathname, () => requestAnimationFrame(focusHeading), { defer: true }));
  return (
    <div class="frame">
      <Show when={!inForm()}>
        <TopLine />
        <Show when={clockIsWrong(now())}><Suspense><ClockNotice /></Suspense></Show>
        <TakenAwayNotice />
      </Show>
      <Suspense fallback={<Splash />}>{props.children}</Suspense>
      <Show when={!inForm()}>
        <TabBar />
      </Show>
    </div>
  );
}

function focusHeading(): void {
  const heading = document.querySelector<HTMLElement>('main h1');
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

function Splash() {
  return (
    <div class="splash" aria-hidden="true">
      <img src={`${import.meta.env.BASE_URL}icons/icon.svg`} width="72" height="72" alt="" />
    </div>
  );
}
