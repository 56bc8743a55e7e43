// Opening a form: new with what is known, a draft as it was left, or a submission that the office wants mended.
// The engine is a chunk of its own, asked for here and never for the list of doors.
import { readDraft } from '../data/drafts.ts';
import { untrack } from 'solid-js';
import { day } from '../data/due.ts';
import { formFile } from '../data/form_files.ts';
import { householdId } from '../data/identity.ts';
import { session } from '../data/session.ts';
import { sheets } from '../data/submissions.ts';
import type { Draft, FormScreenProps, FormStart } from '../forms-contract.ts';
import { instanceOf } from './answers.ts';
import type { EngineForm, Instance, Surroundings } from './engine.ts';
import type { DraftState } from './filling.ts';
import { doorOf, knownAnswers } from './prefill.ts';
import { rebuilt } from './rebuild.ts';
import { entriesOf, keptAnswers } from './register.ts';
import { makeId } from './rosters.ts';

// Without 'wasm-unsafe-eval' in the CSP the engine's module never ends loading, and says so nowhere.
export const LOAD_SECONDS_MAX = 20;
export class EngineTooSlow extends Error {}

export interface Opened {
  engine: EngineForm;
  instance: Instance;
  /** what was known, with what a register keeps from the entry before */
  start: FormStart;
  /** files of the form that are not on this phone */
  missing: string[];
  draft: Draft | null;
  /** the household's id follows its door and changes with it */
  doorIsId: boolean;
  /** the household that a draft was begun at, also when it is not on this phone any more: its id stays */
  household: string | null;
}

/** `resume` is a form as it stood on the screen a moment ago. */
export async function openFilling(props: FormScreenProps, resume?: Draft): Promise<Opened> {
  const form = await withinTime(import('./engine.ts').then(({ openForm }) => openForm(props.form, around(props.form))));
  const draft = resume ?? (props.draft ? ((await readDraft(props.draft)) ?? null) : null);
  const household = householdOf(draft);
  const doorIsId = household === null && (await isNewHousehold(props));
  const start = startOf(props);
  return { engine: form, start, instance: await begin({ ...props, start }, form, draft), missing: form.missing, draft, doorIsId, household };
}

function startOf({ form, start, fix }: FormScreenProps): FormStart {
  if (form.mode !== 'register' || fix) return start;
  const today = day(new Date());
  const [before] = entriesOf(untrack(sheets), form.form, (moment) => day(new Date(moment)) === today);
  return before ? { ...start, known: { ...keptAnswers(form, before.submission.answers), ...start.known } } : start;
}

function around(form: FormScreenProps['form']): Surroundings {
  const who = session();
  return { ...(who ? { device: who.device, username: who.username } : {}), file: (name) => formFile(form, name) };
}

/** Fetches and starts the engine before it is needed. Failing is no matter: opening says what is wrong. */
export function warmUp(form: FormScreenProps['form']): void {
  void import('./engine.ts').then(({ openForm }) => openForm(form, around(form))).catch(() => {});
}

async function withinTime<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new EngineTooSlow(`the form engine did not start within ${LOAD_SECONDS_MAX} seconds`)), LOAD_SECONDS_MAX * 1000);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function begin(props: FormScreenProps, form: EngineForm, draft: Draft | null): Promise<Instance> {
  const state = draft?.state as DraftState | undefined;
  if (state) return form.restore(state.xml, state.hidden).catch(() => rebuilt(props.form, form, state));
  if (props.fix) return form.restore(instanceOf(props.fix.submission.answers, props.form.fields, props.form));
  return form.start(knownAnswers(props.form, props.start, makeId));
}

function householdOf(draft: Draft | null): string | null {
  const { household, record } = draft?.start ?? {};
  return household ?? (record?.startsWith('household:') ? record : null);
}

async function isNewHousehold(props: FormScreenProps): Promise<boolean> {
  const door = props.fix && doorOf(props.form, props.fix.submission.answers);
  if (door) {
    const { path, ...address } = door;
    return props.fix!.submission.answers[path.slice(1)] === (await householdId({ place: props.start.place, ...address }));
  }
  return !props.start.household && props.start.record?.kind !== 'household';
}
