// How far this phone's clock is from the server's, in words.
import { t } from '../i18n/index.ts';

const CLOCK_WRONG_FROM_SECONDS = 30;

export function clockWords(offset: number): string {
  const seconds = Math.round(Math.abs(offset) / 1000);
  if (seconds < CLOCK_WRONG_FROM_SECONDS) return t('me.clock_right');
  const by =
    seconds < 90 ? t('me.seconds', { count: seconds }) : seconds < 5400 ? t('me.minutes', { count: Math.round(seconds / 60) }) : seconds < 129_600 ? t('me.hours', { count: Math.round(seconds / 3600) }) : seconds < 63_072_000 ? t('me.days', { count: Math.round(seconds / 86_400) }) : t('me.years', { count: Math.round(seconds / 31_557_600) });
  return t(offset > 0 ? 'me.clock_ahead' : 'me.clock_behind', { by });
}
