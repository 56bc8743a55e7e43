// One way of writing: names, telephone numbers and doors as they are compared. Pure; the twin of sync/linkage/profile.py, phones.py, doors.py and slips.py.
import { withoutTitle } from './names.ts';

const NAME_CHARACTERS_MAX = 60;
const PHONE_DIGITS_MIN = 7;
const PHONE_DIGITS_MAX = 20;

const DOTS = /\s*[·•‧・∙⋅･.．]\s*/g;
const BRACKETS = /[([【〔「].*?[)\]】〕」]/g;
const BETWEEN_CHINESE = /(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])/g;

/** `何 伶俐（队长）` and 何伶俐女士 are 何伶俐, `阿依古丽•买买提` is 阿依古丽·买买提: one way of writing, the same characters. */
export function writtenName(name: string): string {
  const text = [...name.trim().normalize('NFKC')].slice(0, NAME_CHARACTERS_MAX).join('');
  return withoutTitle(text.replace(BRACKETS, '').trim().replace(DOTS, '·').replace(/^[· ]+|[· ]+$/g, '').replace(/\s+/g, ' ').replace(BETWEEN_CHINESE, ''));
}

/** `+86 139-7152 0648` is 13971520648; "" where there are too few digits for a number, or all are the same. */
export function writtenPhone(text: string): string {
  let digits = text.normalize('NFKC').replace(/[^0-9]+/g, '');
  for (const before of ['0086', '86', '0']) if (digits.length === before.length + 11 && digits.startsWith(`${before}1`)) digits = digits.slice(before.length);
  return digits.length >= PHONE_DIGITS_MIN && digits.length <= PHONE_DIGITS_MAX && new Set(digits).size > 1 ? digits : '';
}

/** One character another, one too many or too few, or two neighbours swapped. */
export function oneSlip(left: string, right: string): boolean {
  const [short, long] = left.length < right.length ? [left, right] : [right, left];
  if (left === right || long.length - short.length > 1) return false;
  let from = 0;
  while (from < short.length && short[from] === long[from]) from += 1;
  let end = 0;
  while (end < short.length - from && short[short.length - 1 - end] === long[long.length - 1 - end]) end += 1;
  const differs = short.length - end - from; // what lies between what they begin and end with
  if (short.length < long.length) return differs === 0;
  return differs === 1 || (differs === 2 && short[from] === long[from + 1] && short[from + 1] === long[from]);
}

export type Door = readonly [building: string, unit: string, room: string];

const COUNTERS = /(?:号楼|栋|幢|座|楼|单元|门|室|号房|房|号|户)$/;
const PARTS = /[-—–_/#]+|号楼|栋|幢|座|单元/;
const CHINESE_NUMBER = /[零〇一二两三四五六七八九十百]+/g;
const CHINESE_DIGITS: Record<string, number> = { 零: 0, 〇: 0, 一: 1, 二: 2, 两: 2, 三: 3, 四: 4, 五: 5, 六: 6, 七: 7, 八: 8, 九: 9 };

/** As numbers where they are numbers. A room that holds all of it (`1-2-311`) is taken apart. */
export function writtenDoor(building: string, unit: string, room: string): Door {
  if (room && !building && !unit) {
    const parts = plain(room).split(PARTS).filter(Boolean);
    if (parts.length === 3) [building, unit, room] = parts as [string, string, string];
    else if (parts.length === 2) [building, room] = parts as [string, string];
  }
  return [part(building), part(unit), part(room)];
}

function part(text: string): string {
  const numbered = plain(text).replace(COUNTERS, '').replace(CHINESE_NUMBER, (found) => String(numberOf(found)));
  return numbered.replace(/^0+/, '') || numbered;
}

function plain(text: string): string {
  return text.normalize('NFKC').toUpperCase().replace(/[\s,,。]+/g, '');
}

/** 三 is 3, 十二 is 12, 二十 is 20, 三一一 is 311. */
function numberOf(text: string): number | string {
  if (!/[十百]/.test(text)) return [...text].map((character) => CHINESE_DIGITS[character]).join('');
  let total = 0;
  let current = 0;
  for (const character of text)
    if (character === '十' || character === '百') {
      total += (current || 1) * (character === '十' ? 10 : 100);
      current = 0;
    } else current = CHINESE_DIGITS[character]!;
  return total + current;
}
