// Lengths and areas as a person reads them.
import { t } from '../../i18n/index.ts';

export function lengthWords(metres: number): string {
  return metres < 10_000 ? t('form.map.metres', { number: rounded(metres) }) : t('form.map.kilometres', { number: rounded(metres / 1000) });
}

export function areaWords(squareMetres: number): string {
  return squareMetres < 100_000 ? t('form.trace.square_metres', { number: rounded(squareMetres) }) : t('form.trace.hectares', { number: rounded(squareMetres / 10_000) });
}

function rounded(number: number): string {
  return number.toFixed(number < 10 ? 1 : 0).replace(/\.0$/, '');
}
