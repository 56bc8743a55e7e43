// What a person typed, before the form engine sees it: the engine would turn "abc" in a number into nothing and 2.7 into 2 without a word. Pure.
import type { FieldType } from '../data/documents.ts';
import { POINTS_MAX, pointsOf, wantsMore } from './place/points.ts';

/** A word of i18n under form.typed. */
export type TypedProblem = 'not_a_number' | 'not_whole' | 'too_large' | 'not_a_date' | 'not_a_time' | 'not_a_position' | 'too_few_points' | 'unreadable_character' | 'too_long';

export type Typed = { text: string } | { problem: TypedProblem };

// The engine's integers have 32 bits; one beyond becomes blank.
const INTEGER_MAX = 2_147_483_647;
const DECIMAL_DIGITS_MAX = 15;
const TEXT_CHARACTERS_MAX = 10_000;
// What XML 1.0 cannot hold. Pasted text has them now and then.
// eslint-disable-next-line no-control-regex
const UNREADABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** The text that the engine is given for this type, or why it is not. Full-width digits and points of a Chinese keyboard are read as digits and points. */
export function readTyped(type: FieldType, raw: string): Typed {
  switch (type) {
    case 'integer':
      return readInteger(plain(raw));
    case 'decimal':
      return readDecimal(plain(raw));
    case 'date':
      return raw === '' || isDate(raw.trim()) ? { text: raw.trim() } : { problem: 'not_a_date' };
    case 'time':
      return raw === '' || isTime(raw.trim()) ? { text: raw.trim() } : { problem: 'not_a_time' };
    case 'dateTime': {
      const [date = '', time = ''] = raw.trim().split('T');
      if (raw.trim() === '') return { text: '' };
      if (!isDate(date)) return { problem: 'not_a_date' };
      return isTime(time) ? { text: raw.trim() } : { problem: 'not_a_time' };
    }
    case 'geopoint':
      return readPosition(plain(raw));
    case 'geotrace':
    case 'geoshape':
      return readPoints(raw, type === 'geoshape' ? 'shape' : 'line');
    default:
      if (UNREADABLE.test(raw)) return { problem: 'unreadable_character' };
      return raw.length > TEXT_CHARACTERS_MAX ? { problem: 'too_long' } : { text: raw };
  }
}

function plain(raw: string): string {
  return raw.normalize('NFKC').replace(/[。,，]/g, '.').trim();
}

function readInteger(text: string): Typed {
  if (text === '') return { text };
  if (/^[+-]?\d+\.\d*$/.test(text)) return { problem: 'not_whole' };
  if (!/^[+-]?\d+$/.test(text)) return { problem: 'not_a_number' };
  const number = Number(text);
  return Math.abs(number) > INTEGER_MAX ? { problem: 'too_large' } : { text: String(number) };
}

function readDecimal(text: string): Typed {
  if (text === '') return { text };
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(text)) return { problem: 'not_a_number' };
  if (text.replace(/\D/g, '').length > DECIMAL_DIGITS_MAX) return { problem: 'too_large' };
  return { text: text.replace(/^\+/, '').replace(/\.$/, '') };
}

function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (!match) return false;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  const date = new Date(Date.UTC(year, month - 1, day));
  return year >= 1000 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function isTime(text: string): boolean {
  return /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,3})?)?(Z|[+-](0\d|1[0-4]):[0-5]\d)?$/.test(text);
}

function readPosition(text: string): Typed {
  if (text === '') return { text };
  const parts = text.split(/\s+/).map(Number);
  const [latitude = NaN, longitude = NaN] = parts;
  const sound = parts.length >= 2 && parts.length <= 4 && parts.every(Number.isFinite) && Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  return sound ? { text } : { problem: 'not_a_position' };
}

function readPoints(raw: string, figure: 'line' | 'shape'): Typed {
  const points = pointsOf(raw);
  if (points.length !== raw.split(';').filter((each) => each.trim() !== '').length || points.length > POINTS_MAX + 1) return { problem: 'not_a_position' };
  return wantsMore(raw, figure) ? { problem: 'too_few_points' } : { text: raw };
}
