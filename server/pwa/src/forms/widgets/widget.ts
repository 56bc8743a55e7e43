// What every control of a question is given.
import type { Component } from 'solid-js';
import type { Filling } from '../filling.ts';
import type { Question } from '../items.ts';

export interface WidgetProps {
  question: Question;
  filling: Filling;
  /** id of the element that holds the question's words */
  labelledBy: string;
}

export type Widget = Component<WidgetProps>;
