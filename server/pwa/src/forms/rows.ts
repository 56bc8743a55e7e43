// What a row is called on the screens.
import { t } from '../i18n/index.ts';
import type { Filling } from './filling.ts';
import { indexOf, type Group, type Question } from './items.ts';

/** Its name question, asked or filled in from the record; "" while nobody has a name. */
export function rowName(row: Group, filling: Filling): string {
  const questions = row.items().filter((item): item is Question => item.kind === 'question');
  const naming = questions.find((question) => question.field?.pii === 'name') ?? questions.find((question) => question.type === 'text');
  return naming ? filling.text(naming) : '';
}

const TITLE_CHARACTERS_MAX = 40; // whoever types a whole paragraph as a name still sees what is asked, and what is wrong with it

export function rowTitle(row: Group, filling: Filling): string {
  const name = [...rowName(row, filling)];
  return name.length > TITLE_CHARACTERS_MAX ? `${name.slice(0, TITLE_CHARACTERS_MAX).join('')}…` : name.join('') || t('form.rows.number', { number: indexOf(row) + 1 });
}

/** Whose question it is; "" when it is nobody's in particular. */
export function whose(question: Question, filling: Filling): string {
  const row = question.row();
  return row ? rowTitle(row, filling) : '';
}
