// Which control asks a question: by its type and its appearance, the first row that fits. Whatever no row names is typed.
// A widget that brings a library, or is rarely met, is `lazy`: its code comes when such a question is first shown.
import { lazy } from 'solid-js';
import type { FieldType } from '../../data/documents.ts';
import type { Question } from '../items.ts';
import { Acknowledge } from './Acknowledge.tsx';
import { Choices } from './Choices.tsx';
import { Moment } from './Moments.tsx';
import { TextBox } from './TextBox.tsx';
import type { Widget } from './widget.ts';

type Asked = Pick<Question, 'type' | 'appearance' | 'range'>;

interface Row {
  types: readonly FieldType[];
  /** one of these must be among the question's appearances; without it any will do */
  appearances?: readonly string[];
  when?: (question: Asked) => boolean;
  widget: Widget;
}

const ROWS: readonly Row[] = [
  // The head of a grid that its author made by hand: here each line has its choices' words.
  { types: ['select_one', 'select_multiple'], appearances: ['label'], widget: () => null },
  { types: ['select_one', 'select_multiple'], widget: Choices },
  { types: ['rank'], widget: lazy(() => import('./Rank.tsx')) },
  { types: ['integer', 'decimal'], when: (question) => question.range !== null, widget: lazy(() => import('./RangeSlider.tsx')) },
  { types: ['integer'], appearances: ['counter'], widget: lazy(() => import('./Counter.tsx')) },
  { types: ['decimal', 'text'], appearances: ['bearing'], widget: lazy(() => import('./Bearing.tsx')) },
  { types: ['date'], appearances: ['month-year', 'year'], widget: lazy(() => import('./MonthYear.tsx')) },
  { types: ['date'], appearances: ['no-calendar'], widget: lazy(() => import('./DateParts.tsx')) },
  { types: ['date', 'time', 'dateTime'], widget: Moment },
  { types: ['acknowledge'], widget: Acknowledge },
  { types: ['geopoint'], widget: lazy(() => import('./Position.tsx').then(({ Position }) => ({ default: Position }))) },
  { types: ['image'], appearances: ['signature', 'draw'], widget: lazy(() => import('./Drawing.tsx').then(({ Drawing }) => ({ default: Drawing }))) },
  { types: ['image'], widget: lazy(() => import('./Photo.tsx').then(({ Photo }) => ({ default: Photo }))) },
  { types: ['audio'], widget: lazy(() => import('./Sound.tsx').then(({ Sound }) => ({ default: Sound }))) },
  { types: ['video'], widget: lazy(() => import('./Film.tsx').then(({ Film }) => ({ default: Film }))) },
  { types: ['barcode'], widget: lazy(() => import('./Barcode.tsx').then(({ Barcode }) => ({ default: Barcode }))) },
  { types: ['geotrace', 'geoshape'], widget: lazy(() => import('./Trace.tsx').then(({ Trace }) => ({ default: Trace }))) },
  { types: ['file'], widget: lazy(() => import('./AnyFile.tsx').then(({ AnyFile }) => ({ default: AnyFile }))) },
];

export function widgetFor(question: Asked): Widget {
  const row = ROWS.find(
    ({ types, appearances, when }) =>
      types.includes(question.type) && (!appearances || appearances.some((appearance) => question.appearance.has(appearance))) && (!when || when(question)),
  );
  return row?.widget ?? TextBox;
}
