// Ways into the form screen: the address says which form, from which records, with what already known.
import type { FormStart } from '../forms-contract.ts';
import { areas, casesOf, currentForm, peopleOf, rows, wholeRecords } from '../data/records.ts';
import { isInQuarantine } from '../data/rows.ts';
import { drafts, readDraft } from '../data/drafts.ts';
import { type CheckKind, day, SLOTS } from '../data/due.ts';
import { session } from '../data/session.ts';
import { sheets } from '../data/submissions.ts';
import type { Answers, FormDocument, RecordDocument } from '../data/documents.ts';
import { forms } from '../data/records.ts';
import type { Draft, FormScreenProps } from '../forms-contract.ts';

export const SURVEY = 'household_survey';
export const CHECK = 'quarantine_check';
const CHECK_KIND = '/check/kind';

/** Which of the day's checks these answers are. */
export function checkKindOf(answers: Answers): CheckKind | null {
  const kind = ((answers.check ?? {}) as Answers).kind;
  return typeof kind === 'string' && kind in SLOTS ? (kind as CheckKind) : null;
}

export function surveyPath(household?: string): string {
  return `/form/${SURVEY}${household ? `?household=${encodeURIComponent(household)}` : ''}`;
}

export function checkPath(household: string, kind?: string): string {
  return `/form/${CHECK}?household=${encodeURIComponent(household)}${kind ? `&kind=${kind}` : ''}`;
}

export function draftPath(draft: Draft): string {
  return `/form/${draft.form}?draft=${encodeURIComponent(draft.id)}`;
}

export function fixPath(submission: { _id: string; form: string }): string {
  return `/form/${submission.form}?fix=${encodeURIComponent(submission._id)}`;
}

export type FormAddress = { form: string; household?: string; kind?: string; draft?: string; fix?: string };
export type FormToOpen = Pick<FormScreenProps, 'form' | 'start' | 'draft' | 'fix' | 'found'>;

/** Everything the form screen needs, read from the phone; null when the form is not here. */
export async function prepareForm(address: FormAddress): Promise<FormToOpen | null> {
  const found = draftFor(address, drafts());
  if (found) {
    const opened = await prepareForm({ form: address.form, draft: found.id });
    if (opened) return { ...opened, found: true };
  }
  if (address.draft) {
    const draft = await readDraft(address.draft);
    if (!draft) return null;
    const form = forms().get(`form:${draft.form}:${draft.version}`) ?? currentForm(draft.form);
    const fixed = draft.fix ? sheets().find(({ submission }) => submission._id === draft.fix!.submission) : undefined;
    return (
      form && {
        form,
        start: {
          ...(await startFrom(form, draft.area, draft.start.household ?? draft.start.record, draft.start.known, draft.start.cases)),
          place: draft.start.place, // the area may not be this worker's any more
          ...(draft.based_on ? { base: draft.based_on } : {}),
        },
        draft: draft.id,
        ...(fixed?.receipt ? { fix: { submission: fixed.submission, receipt: fixed.receipt } } : {}),
      }
    ) || null;
  }
  if (address.fix) {
    const sheet = sheets().find(({ submission }) => submission._id === address.fix);
    if (!sheet?.receipt) return null;
    const { submission, receipt } = sheet;
    const form = forms().get(`form:${submission.form}:${submission.version}`) ?? currentForm(submission.form);
    const household = submission.answers.household_id;
    return form ? { form, start: await startFrom(form, submission.area, typeof household === 'string' ? household : undefined), fix: { submission, receipt } } : null;
  }
  const form = currentForm(address.form);
  if (!form) return null;
  const area = (address.household && rows().get(address.household)?.area) || session()?.worker.areas[0]?.id || '';
  return { form, start: await startFrom(form, area, address.household, address.kind ? { [CHECK_KIND]: address.kind } : undefined) };
}

/** The draft of this form that was begun at this door (of this kind of check), or for this mending: one goes on with it instead of beginning a second one. */
export function draftFor(address: FormAddress, all: readonly Draft[]): Draft | undefined {
  if (address.draft) return undefined;
  return all.find((draft) => {
    if (draft.form !== address.form) return false;
    if (address.fix || draft.fix) return draft.fix?.submission === address.fix;
    const kind = draft.start.known?.[CHECK_KIND];
    return address.household !== undefined && (draft.start.household ?? draft.start.record) === address.household && (!kind || !address.kind || kind === address.kind);
  });
}

async function startFrom(form: FormDocument, area: string, householdId?: string, known?: Record<string, string>, onlyCases?: string[]): Promise<FormStart> {
  const today = day(new Date());
  const people = householdId ? (peopleOf().get(householdId) ?? []) : [];
  const cases = householdId ? (casesOf().get(householdId) ?? []).filter((kase) => (onlyCases ? onlyCases.includes(kase.id) : isInQuarantine(kase, today))) : [];
  const isolated = cases.map((kase) => kase.facts.person).filter((person): person is string => typeof person === 'string');
  const found = new Map((await wholeRecords([...(householdId ? [householdId] : []), ...people.map(({ id }) => id), ...isolated, ...cases.map(({ id }) => id)])).map((record) => [record._id, record as RecordDocument]));
  const household = householdId ? found.get(householdId) : undefined;
  const of = (kind: string) => [...found.values()].filter((record) => record.kind === kind);
  const record = form.starts_from === 'household' ? household : of(form.starts_from ?? '')[0];
  return {
    area,
    place: areas().get(area)?.place ?? session()?.worker.areas.find(({ id }) => id === area)?.place ?? area,
    ...(record ? { record } : {}),
    ...(household ? { household } : {}),
    people: of('person'),
    cases: of('quarantine_case'),
    ...(known ? { known } : {}),
  };
}
