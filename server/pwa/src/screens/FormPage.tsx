// Opens a form: reads what is known from the phone, then hands the screen to the form runner.
import { useNavigate, useParams, useSearchParams } from '@solidjs/router';
import FileX from 'lucide-solid/icons/file-x';
import { createMemo, createResource, ErrorBoundary, Match, Suspense, Switch, untrack } from 'solid-js';
import { currentForm, loaded } from '../data/records.ts';
import { FormScreen } from '../forms/index.ts';
import { t } from '../i18n/index.ts';
import { type FormAddress, prepareForm } from './open_form.ts';
import { Empty, Header } from './parts.tsx';

export default function FormPage() {
  const params = useParams<{ form: string }>();
  const [address] = useSearchParams<Record<keyof Omit<FormAddress, 'form'>, string>>();
  const navigate = useNavigate();
  const leave = () => (history.length > 1 ? navigate(-1) : navigate('/', { replace: true }));
  // Read once, and once more when a form that was missing has come: a sync behind the form must not change it under the person's hands.
  const isHere = createMemo(() => currentForm(params.form) !== undefined);
  const [form] = createResource(
    () => (loaded() ? `${params.form} ${isHere()}` : undefined),
    () => untrack(() => prepareForm({ form: params.form, ...address } as FormAddress)),
  );

  return (
    <ErrorBoundary
      fallback={(error) => (
        <main class="screen">
          <Header title={t('form_page.failed')} onBack={leave} />
          <p class="notice notice--bad">{String(error)}</p>
        </main>
      )}
    >
      <Suspense fallback={<Opening />}>
        <Switch fallback={<Opening />}>
          <Match when={form.state === 'ready' && form() === null}>
            <main class="screen">
              <Header title={t('form_page.missing')} onBack={leave} />
              <Empty icon={FileX} title={t('form_page.missing')} hint={t('form_page.missing_hint')} />
            </main>
          </Match>
          <Match when={form()}>
            {(ready) => <FormScreen {...ready()} onSaved={() => leave()} onLeft={leave} />}
          </Match>
        </Switch>
      </Suspense>
    </ErrorBoundary>
  );
}

function Opening() {
  return (
    <main class="screen" aria-busy="true">
      <p class="empty">{t("form_page.loading")}</p>
    </main>
  );
}
