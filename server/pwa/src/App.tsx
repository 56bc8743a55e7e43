// The frame of the app: what stands on every screen.
import { t } from './i18n/index.ts';

export function App() {
  return <main>{t('app.name')}</main>;
}
