// A register: hundreds of entries an hour, each a form of its own. What stays from one entry to the next, and how many there are today. Pure.
import type { AnswerValue, Answers, FormDocument, FormField } from '../data/documents.ts';
import type { Sheet } from '../data/submissions.ts';
import { lexical } from './answers.ts';

/** The answers that the form keeps for the next entry, by path, as `FormStart.known` takes them. Nothing inside a repeat is kept. */
export function keptAnswers(form: Pick<FormDocument, 'fields'>, answers: Answers): Record<string, string> {
  const kept: Record<string, string> = {};
  const walk = (fields: readonly FormField[], at: Answers) => {
    for (const field of fields) {
      const value: AnswerValue | undefined = at[field.name];
      if (value === undefined || value === null) continue;
      if (field.type === 'group') walk(field.fields ?? [], value as Answers);
      else if (field.keep && field.type !== 'repeat') kept[field.path] = lexical(field.type, value);
    }
  };
  walk(form.fields, answers);
  return kept;
}

/** This phone's entries of a day, newest first: what was taken back since does not count. `sheets` are newest first. */
export function entriesOf(sheets: readonly Sheet[], form: string, isThatDay: (moment: string) => boolean): Sheet[] {
  return sheets.filter(({ submission, state }) => submission.form === form && state.state !== 'superseded' && state.state !== 'rejected' && isThatDay(submission.finished_at));
}
