// On every screen while this phone's clock is far from the server's: what is due today and the dates in forms go by it.
import Clock from 'lucide-solid/icons/clock';
import { clockOffset } from '../data/session.ts';
import { t } from '../i18n/index.ts';
import { clockWords } from './clock_words.ts';

export default function ClockNotice() {
  return (
    <section class="notice notice--bad notice--news" role="alert">
      <Clock size={24} aria-hidden="true" />
      <div class="grow">
        <strong>{t('clock.wrong', { how: clockWords(clockOffset()) })}</strong>
        <p>{t('clock.what_to_do')}</p>
      </div>
    </section>
  );
}
