// What the screens see of a form being filled: questions, groups and rosters, each property a function that Solid tracks. Knows no engine.
import type { FieldType, FormField } from '../data/documents.ts';
import type { Markup } from './markup.ts';

/** What may stand beside words: the name of a file of the form (data/form_files.ts). */
export type MediaKind = 'image' | 'big-image' | 'audio' | 'video';

export interface Choice {
  value: string;
  label: string;
  /** "" when there is none */
  media(kind: MediaKind): string;
}

/** What the form's own rules say against an answer. `message` is the form's, in the language shown; blank when it has none. */
export interface Violation {
  rule: 'required' | 'constraint';
  message: string;
}

/** Why the engine did not take an answer; `reason` is its own sentence, where it gave one. */
export interface Refusal {
  problem: 'not_taken' | 'no_choice' | 'engine';
  reason?: string;
}

interface Base {
  /** the same for as long as the form is open, wherever the item moves */
  id: string;
  name: string;
  field: FormField | null;
  appearance: ReadonlySet<string>;
  label(): string;
  /** the label with its Markdown */
  markup(): Markup[];
  relevant(): boolean;
  /** JSON path with indexes, as in receipts: /members/0/temperature */
  path(): string;
  /** the innermost row that it stands in */
  row(): Group | null;
}

export interface Question extends Base {
  kind: 'question';
  type: FieldType;
  hint(): Markup[];
  /** what a person reads when in doubt */
  guidance(): Markup[];
  /** the name of the file that stands beside the label; "" when there is none */
  media(kind: MediaKind): string;
  /** of a range: its ends and its step */
  range: { start: number; end: number; step: number } | null;
  /** the form's column `parameters`: {"max-pixels": "1600"} */
  parameters: Readonly<Record<string, string>>;
  /** the value as the instance holds it: "1 2" for two choices, "" for none */
  text(): string;
  required(): boolean;
  readonly(): boolean;
  choices(): Choice[];
  violation(): Violation | null;
}

export interface Group extends Base {
  kind: 'group';
  items(): Item[];
}

/** A repeat: its rows are people of a household, boxes of a shop … */
export interface Roster extends Base {
  kind: 'roster';
  rows(): Group[];
  /** false when the form itself counts the rows */
  open: boolean;
}

export type Item = Question | Group | Roster;

const NEVER_SHOWN: ReadonlySet<FieldType> = new Set(['calculate', 'hidden']);

export function isAsked(question: Question): boolean {
  return !NEVER_SHOWN.has(question.type);
}

/** Every relevant question below, in order. */
export function questionsOf(items: readonly Item[]): Question[] {
  return items.flatMap((item) => {
    if (!item.relevant()) return [];
    if (item.kind === 'question') return [item];
    return item.kind === 'group' ? questionsOf(item.items()) : item.rows().flatMap((row) => questionsOf(row.items()));
  });
}

/** A row's place in its roster, from 0. */
export function indexOf(row: Group): number {
  return Number(/\/(\d+)$/.exec(row.path())?.[1] ?? 0);
}

/** The question that tells one row from another: the one that holds a name, or else the first one typed in. */
export function namingQuestion(row: Group): Question | null {
  const questions = row.items().filter((item): item is Question => item.kind === 'question' && isAsked(item));
  return questions.find((question) => question.field?.pii === 'name') ?? questions.find((question) => question.type === 'text') ?? null;
}
