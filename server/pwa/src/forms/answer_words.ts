// An answer as a person reads it, in the language shown.
import { t } from '../i18n/index.ts';
import type { Filling } from './filling.ts';
import type { Question } from './items.ts';
import { cornersOf } from './place/points.ts';
import { plain } from './markup.ts';
import { grouped } from './widgets/typed_words.ts';
import { forPicker } from './when.ts';

// How long a password is, is nobody's business either.
const MASK_LENGTH_MAX = 6;

export function answerWords(question: Question, filling: Filling): string {
  const text = filling.text(question);
  switch (question.type) {
    case 'select_one':
    case 'select_multiple':
    case 'rank': {
      // Of a list of thousands only what was chosen is put into words.
      const choices = text === '' ? [] : question.choices();
      return text
        .split(' ')
        .filter(Boolean)
        .map((value) => plain(choices.find((choice) => choice.value === value)?.label || value))
        .join(question.type === 'rank' ? t('form.then') : t('form.comma'));
    }
    case 'text':
      return question.appearance.has('masked') ? '•'.repeat(Math.min(text.length, MASK_LENGTH_MAX)) : text;
    case 'integer':
    case 'decimal':
      return question.appearance.has('thousands-sep') ? grouped(text) : question.range && text !== '' && Number.isFinite(Number(text)) ? String(Number(text)) : text;
    case 'date':
      return text.slice(0, question.appearance.has('year') ? 4 : question.appearance.has('month-year') ? 7 : 10);
    case 'dateTime':
      return forPicker(text).replace('T', ' ') || text;
    case 'time':
      return text.slice(0, 5);
    case 'image':
      return text && t(question.appearance.has('signature') ? 'form.review.signed' : question.appearance.has('draw') ? 'form.review.drawn' : 'form.review.photo');
    case 'audio':
      return text && t('form.review.audio');
    case 'video':
      return text && t('form.review.video');
    case 'file':
      return text && (filling.mediaNote(text)?.original ?? t('form.review.file'));
    case 'geopoint': {
      const accuracy = Number(text.split(' ')[3]);
      return text && (accuracy === 0 ? t('form.position.placed') : t('form.position.accuracy', { metres: Math.round(accuracy || 0) }));
    }
    case 'geotrace':
    case 'geoshape': {
      const figure = question.type === 'geoshape' ? 'shape' : 'line';
      return text && t('form.trace.points', { count: cornersOf(text, figure).length });
    }
    case 'acknowledge':
      return text && t('form.acknowledge');
    default:
      return text;
  }
}
