// Ways into the form screen: the address says which form, from which records, with what already known.
import type { FormStart } from '../forms-contract.ts';
import { areas, areaToSendFrom, casesOf, currentForm, oneOf, peopleOf, rows, wholeRecords } from '../data/records.ts';
import { isInQuarantine, saidBy, text } from '../data/rows.ts';
import { drafts, readDraft } from '../data/drafts.ts';
import { day } from '../data/due.ts';
import { session } from '../data/session.ts';
import { sheets } from '../data/submissions.ts';
import type { Answers, FormDocument, RecordDocument, RecordKind } from '../data/documents.ts';
import { forms } from '../data/records.ts';
import { ownName } from '../forms/own_name.ts';
import type { Draft, FormScreenProps } from '../forms-contract.ts';

export const SURVEY = 'household_survey';
export const CHECK = 'quarantine_check';
const CHECK_KIND = '/check/kind';

export function surveyPath(household?: string): string {
  return `/form/${SURVEY}${household ? `?household=${encodeURIComponent(household)}` : ''}`;
}

export function checkPath(household: string, form = CHECK, slot?: string): string {
  return `/form/${form}?household=${encodeURIComponent(household)}${slot ? `&kind=${slot}` : ''}`;
}

export function draftPath(draft: Draft): string {
  return `/form/${draft.form}?draft=${encodeURIComponent(draft.id)}`;
}

export function fixPath(submission: { _id: string; form: string }): string {
  return `/form/${submission.form}?fix=${encodeURIComponent(submission._id)}`;
}

/** The form, begun from this record: a household, a person, a case, a problem … */
export function formPath(form: string, record?: string): string {
  return `/form/${form}${record ? `?record=${encodeURIComponent(record)}` : ''}`;
}

/** Where a tap on a form in a menu leads: to the form, or first to the records that it must start from. */
export function entryPath(form: FormDocument): string {
  if (!form.starts_from || form.starts_new) return formPath(form.form);
  return form.starts_from === 'household' || form.starts_from === 'person' ? `/doors?form=${form.form}` : `/records/${form.starts_from}?form=${form.form}`;
}

/** Whether this worker fills the form in: those of the office are for team leaders too. */
export function isOffered(form: FormDocument): boolean {
  const audience = form.audience ?? 'phone';
  return form.current && (audience.split(' ').includes('phone') || (session()?.worker.roles ?? []).includes('leader'));
}

/** The forms that a record of this kind opens: those that start from it, then those that may name it. Newest version of each. */
export function formsFrom(kind: RecordKind): FormDocument[] {
  const newest = [...new Set([...forms().values()].map(({ form }) => form))].flatMap((form) => currentForm(form) ?? []).filter(isOffered);
  const names = (form: FormDocument) => form.starts_new === true && form.fields.some(({ type, name }) => type === 'hidden' && name === `${kind}_id`);
  const starts = newest.filter((form) => form.starts_from === kind);
  return [...starts, ...newest.filter((form) => form.starts_from !== kind && names(form))];
}

/** `record`: the household, person, case … that the form is begun from. */
export type FormAddress = { form: string; household?: string; record?: string; kind?: string; draft?: string; fix?: string };
export type FormToOpen = Pick<FormScreenProps, 'form' | 'start' | 'draft' | 'fix' | 'found'>;

/** Everything the form screen needs, read from the phone; null when the form is not here. */
export async function prepareForm(address: FormAddress): Promise<FormToOpen | null> {
  const found = draftFor(address, drafts(), currentForm(address.form)?.mode === 'register', oneOf);
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
          ...(await startFrom(form, draft.area, draft.start.record ?? draft.start.household, draft.start.known, draft.start.cases)),
          place: draft.start.place, // the area may not be this worker's any more
          ...(draft.based_on ? { base: draft.based_on } : {}),
        },
        draft: draft.id,
        ...(fixed ? { fix: { submission: fixed.submission, receipt: fixed.receipt } } : {}),
      }
    ) || null;
  }
  if (address.fix) {
    const sheet = sheets().find(({ submission }) => submission._id === address.fix);
    if (!sheet) return null;
    const { submission, receipt } = sheet;
    const form = forms().get(`form:${submission.form}:${submission.version}`) ?? currentForm(submission.form);
    // It shows what was known when it was filled in: what others wrote since is not seen by sending it again.
    const start = form && { ...(await startFrom(form, submission.area, recordOf(form, submission.answers))), base: submission.based_on };
    return form && start ? { form, start, fix: { submission, receipt } } : null;
  }
  const form = currentForm(address.form);
  if (!form) return null;
  const from = address.record ?? address.household;
  const area = (from && areaToSendFrom(oneOf(from))) || session()?.worker.areas[0]?.id || '';
  return { form, start: await startFrom(form, area, from, address.kind ? knownOf(form, address.kind) : undefined) };
}

/** What a form that is begun for this slot knows already. */
function knownOf(form: FormDocument, kind: string): Record<string, string> {
  return form.schedule?.find(({ name }) => name === kind)?.set ?? { [CHECK_KIND]: kind };
}

/** The draft of this form that was begun at this door (of this kind of check), or for this mending, or of this register: one goes on with it instead of beginning a second one. `one`: a draft begun at a record that was linked since is found at the one. */
export function draftFor(address: FormAddress, all: readonly Draft[], isRegister = false, one = (id: string): string => id): Draft | undefined {
  if (address.draft) return undefined;
  return all.find((draft) => {
    if (draft.form !== address.form) return false;
    if (address.fix || draft.fix) return draft.fix?.submission === address.fix;
    const kind = draft.start.known?.[CHECK_KIND];
    const from = address.record ?? address.household;
    if (isRegister && from === undefined) return true;
    const begunAt = draft.start.record ?? draft.start.household;
    return from !== undefined && begunAt !== undefined && one(begunAt) === one(from) && (!kind || !address.kind || kind === address.kind);
  });
}

/** The record that these answers are about, as far as the form says: the one it starts from, else the household. */
function recordOf(form: FormDocument, answers: Answers): string | undefined {
  const said = saidBy(answers, form).find(({ kind }) => kind === form.starts_from)?.id;
  const household = answers.household_id;
  return said && rows().has(oneOf(said)) ? said : typeof household === 'string' ? household : undefined;
}

async function startFrom(form: FormDocument, area: string, named?: string, known?: Record<string, string>, onlyCases?: string[]): Promise<FormStart> {
  const recordId = named === undefined ? undefined : oneOf(named); // a form begun at a member goes on from the one
  const today = day(new Date());
  const row = recordId ? rows().get(recordId) : undefined;
  const isHousehold = recordId?.startsWith('household:') ?? false;
  const householdId = isHousehold ? recordId : row && text(row, 'household');
  // Whom a form about a household is about is everyone there; about a person or a case, that one alone.
  const people = isHousehold ? (peopleOf().get(recordId!) ?? []).map(({ id }) => id) : row?.kind === 'person' ? [row.id] : [];
  const cases = isHousehold ? (casesOf().get(recordId!) ?? []).filter((kase) => (onlyCases ? onlyCases.includes(kase.id) : isInQuarantine(kase, today))) : row?.kind === 'quarantine_case' ? [row] : [];
  const isolated = cases.map((kase) => text(kase, 'person')).filter(Boolean);
  const wanted = [...new Set([householdId, recordId, ...people, ...isolated, ...cases.map(({ id }) => id)].filter((id): id is string => !!id))];
  const found = new Map((await wholeRecords(wanted)).map((record) => [record._id, record as RecordDocument]));
  const household = householdId ? found.get(householdId) : undefined;
  const opened = recordId ? found.get(recordId) : undefined;
  const of = (kind: string) => [...found.values()].filter((record) => record.kind === kind);
  // A form that starts from problems but is opened at a door makes a new problem; the door is what it names.
  const record = opened && (opened.kind === form.starts_from || opened.kind !== 'household') ? opened : undefined;
  const first = { ...ownName(form, record, session()?.worker.name ?? ''), ...known };
  return {
    area,
    place: areas().get(area)?.place ?? session()?.worker.areas.find(({ id }) => id === area)?.place ?? area,
    ...(record ? { record } : {}),
    ...(household ? { household } : {}),
    people: of('person'),
    cases: of('quarantine_case'),
    ...(Object.keys(first).length > 0 ? { known: first } : {}),
  };
}
