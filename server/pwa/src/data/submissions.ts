// Finished forms: written once to the inbox, never changed, each with its true state. The state is read from documents
// and from what the server acknowledged; nothing is guessed.
import { createMemo, createRoot, createSignal } from 'solid-js';
import type { FinishedForm, FormStart } from '../forms-contract.ts';
import { t } from '../i18n/index.ts';
import { advance, newest } from './clock.ts';
import { type Database, type InboxDocument, readLocal, writeLocal } from './databases.ts';
import { readSetting, writeSetting } from './desk.ts';
import type { AnswerValue, Comment, Problem, ReceiptDocument, SubmissionDocument, Vector } from './documents.ts';
import { drafts, removeDraft } from './drafts.ts';
import { newSubmissionId } from './identity.ts';
import { clockOffset, session } from './session.ts';
import { isStorageFull } from './storage.ts';

export type SubmissionState =
  | { state: 'waiting'; refused: string | null } // on this phone only; `refused`: the server said no to the document, it is sent again
  | { state: 'sent' } // the server has it; no receipt yet
  | { state: 'accepted'; at: string; remarks: Problem[] }
  | { state: 'needs_fixing'; at: string; problems: Problem[] }
  | { state: 'waits_for_former'; at: string; problems: Problem[] } // it corrects one that the centre does not have yet: nothing to be done here
  | { state: 'waits_for_office'; at: string; problems: Problem[] } // held for what no answer mends, as an area that is not hers: the office decides
  | { state: 'returned'; at: string; comments: Comment[] }
  | { state: 'rejected'; at: string; comments: Comment[] }
  | { state: 'superseded'; by: string | null }
  | { state: 'duplicate'; at: string };

/** What the server said of our documents, kept as `_local/acknowledged` in the inbox. */
export interface Acknowledged {
  sent: string[]; // of those without a receipt
  refused: Record<string, string>;
}

export interface Sheet {
  submission: SubmissionDocument;
  receipt: ReceiptDocument | null;
  state: SubmissionState;
}

export function stateOf(submission: SubmissionDocument, receipt: ReceiptDocument | null, acknowledged: Acknowledged, supersededBy: string | null): SubmissionState {
  if (receipt) {
    switch (receipt.status) {
      case 'accepted':
        return { state: 'accepted', at: receipt.at, remarks: receipt.remarks ?? [] };
      case 'superseded':
        return { state: 'superseded', by: supersededBy };
      case 'duplicate':
        return { state: 'duplicate', at: receipt.at };
      case 'rejected':
        return { state: 'rejected', at: receipt.at, comments: receipt.comments ?? [] };
      case 'returned':
        return supersededBy ? { state: 'superseded', by: supersededBy } : { state: 'returned', at: receipt.at, comments: receipt.comments ?? [] };
      case 'held':
        if (supersededBy) return { state: 'superseded', by: supersededBy };
        return { state: heldState(receipt), at: receipt.at, problems: receipt.problems ?? [] };
    }
  }
  if (acknowledged.sent.includes(submission._id)) return { state: 'sent' };
  return { state: 'waiting', refused: acknowledged.refused[submission._id] ?? null };
}

/** Those that the person has to put right, the oldest first. */
export function toMend(all: readonly Sheet[]): Sheet[] {
  return all.filter(({ state }) => state.state === 'needs_fixing' || state.state === 'returned').reverse();
}

export function nextToMend(all: readonly Sheet[]): Sheet | null {
  return toMend(all)[0] ?? null;
}

/** What corrects this one and may still take its place; none for one that the office did not want. */
export function correctionOf(submission: string, all: readonly Sheet[]): Sheet | null {
  return all.find((other) => other.submission.supersedes === submission && isWanted(other.state.state)) ?? null;
}

/** One that the office did not want, or has under another id, leaves what it corrects to be put right. */
function isWanted(status: string | undefined): boolean {
  return status !== 'rejected' && status !== 'duplicate';
}

/** Nothing more comes of it: it is taken in, or it is not wanted. */
export function isOver({ state }: SubmissionState): boolean {
  return state === 'accepted' || state === 'superseded' || state === 'duplicate' || state === 'rejected';
}

/** What filling in again does not change: who filled it, where and when. */
const RULES_FOR_OFFICE = new Set(['envelope', 'form', 'worker', 'area', 'conflict', 'chain']);

/** Whom a held one waits for: the submission it corrects, when that is not at the centre; the office; else her who filled it in. */
function heldState({ problems = [] }: ReceiptDocument): 'waits_for_former' | 'waits_for_office' | 'needs_fixing' {
  if (problems.length === 0 || problems.some(({ rule }) => !RULES_FOR_OFFICE.has(rule))) return 'needs_fixing';
  return problems.every(({ rule }) => rule === 'chain') ? 'waits_for_former' : 'waits_for_office';
}

/** All submissions with their states, newest first. Their ids are as old as their drafts, so the clock orders them. */
export function sheetsOf(documents: Iterable<InboxDocument>, acknowledged: Acknowledged): Sheet[] {
  const receipts = new Map<string, ReceiptDocument>();
  const submissions: SubmissionDocument[] = [];
  const supersededBy = new Map<string, string>();
  for (const document of documents) {
    if (document.type === 'receipt') receipts.set(document.submission, document);
    if (document.type !== 'submission') continue;
    submissions.push(document);
  }
  for (const { _id, supersedes } of submissions) {
    const status = receipts.get(_id)?.status;
    if (supersedes && isWanted(status)) supersededBy.set(supersedes, _id);
  }
  return submissions
    .sort((a, b) => (a.clock < b.clock ? 1 : -1))
    .map((submission) => {
      const receipt = receipts.get(submission._id) ?? null;
      return { submission, receipt, state: stateOf(submission, receipt, acknowledged, supersededBy.get(submission._id) ?? null) };
    });
}

/**
 * `based_on` of a form filled from these records: each one's version, moved on by our own submissions about it that are not merged yet. A form that was
 * begun before, or that is sent back, shows what the records held then: `base`, and nothing that came since counts as seen.
 */
export function versions(start: FormStart): Record<string, Vector> {
  const records = [start.record, start.household, ...(start.people ?? []), ...(start.cases ?? [])].filter((record) => record !== undefined);
  const based: Record<string, Vector> = {};
  for (const record of records) based[record._id] = { ...record.version };
  const members = new Map(records.map(({ _id, members = [] }) => [_id, members]));
  return withOwnClocks(start.base ?? based, sheets(), members);
}

/** Adds to each vector the newest clock of this worker's unmerged submissions that touch the record. Those about a member of it count under the member's name. */
export function withOwnClocks(based: Record<string, Vector>, own: Sheet[], members: ReadonlyMap<string, readonly string[]> = new Map()): Record<string, Vector> {
  const moved: Record<string, Vector> = {};
  for (const [record, vector] of Object.entries(based)) {
    const next = { ...vector };
    for (const each of new Set([record, ...(members.get(record) ?? [])])) {
      for (const { submission, state } of own) {
        if (state.state === 'rejected' || state.state === 'superseded' || state.state === 'duplicate') continue;
        if (!touches(submission, each)) continue;
        const key = each === record ? submission.device : `${each} ${submission.device}`;
        const known = next[key];
        if (!known || submission.clock > known) next[key] = submission.clock;
      }
    }
    moved[record] = next;
  }
  return moved;
}

/** Whether this submission says something about the record: its id stands among the answers or among what it was based on. */
export function touches(submission: SubmissionDocument, record: string): boolean {
  return record in submission.based_on || mentions(submission.answers, record);
}

function mentions(value: unknown, id: string): boolean {
  if (value === id) return true;
  if (Array.isArray(value)) return value.some((item) => mentions(item, id));
  return typeof value === 'object' && value !== null && Object.values(value).some((item) => mentions(item, id));
}

// ---- the inbox of the worker who is signed in

const ACKNOWLEDGED = 'acknowledged';
const NOTHING: Acknowledged = { sent: [], refused: {} };
const [documents, setDocuments] = createSignal<ReadonlyMap<string, InboxDocument>>(new Map());
const [acknowledged, setAcknowledged] = createSignal<Acknowledged>(NOTHING);
export { acknowledged };
export const sheets = createRoot(() => createMemo(() => sheetsOf(documents().values(), acknowledged())));

let inbox: Database<InboxDocument> | null = null;
let clock = ''; // the greatest one seen, our own among them
let savedListener: () => void = () => {};

/** Called after each save: the sync starts by itself. */
export function onSaved(listener: () => void): void {
  savedListener = listener;
}

/** First of all: nothing may be seen or written with an older clock than the one on the disk. */
export async function openClock(): Promise<void> {
  clock = (await readSetting<string>('clock')) ?? '';
}

/** After openClock(). */
export async function openInbox(database: Database<InboxDocument>): Promise<void> {
  inbox = database;
  setAcknowledged((await readLocal<Acknowledged>(database, ACKNOWLEDGED)) ?? NOTHING);
  await reloadInbox();
}

export async function reloadInbox(): Promise<void> {
  if (!inbox) return;
  const { rows } = await inbox.allDocs({ include_docs: true });
  const next = new Map<string, InboxDocument>();
  for (const row of rows) if ('doc' in row && row.doc && !row.id.startsWith('_design/')) next.set(row.id, row.doc);
  setDocuments(next);
  await seeClocks([...next.values()].map((document) => document.clock));
}

/** The clock is moved past everything the phone has seen, and is on the disk when this resolves. */
export async function seeClocks(seen: Iterable<string>): Promise<void> {
  const greatest = newest(seen);
  if (greatest <= clock) return;
  clock = greatest;
  await writeSetting('clock', clock);
}

/**
 * Writes the finished form to the inbox, exactly once however often it is called for one draft: its id was fixed when the draft was begun.
 * Resolves with the id when it is on the disk, and not before.
 */
export async function saveSubmission(finished: FinishedForm): Promise<string> {
  const current = session();
  if (!inbox || !current) throw new Error('saveSubmission before sign-in');
  const before = finished.submission === undefined ? null : await readSubmission(finished.submission);
  if (before && saysTheSame(before, finished)) return endDraft(before, finished);
  clock = advance(current.device, Date.now(), [clock]);
  const submission: SubmissionDocument = {
    _id: before ? newSubmissionId() : (finished.submission ?? newSubmissionId()),
    type: 'submission',
    form: finished.form,
    version: finished.version,
    area: finished.area,
    answers: finished.answers,
    based_on: finished.based_on,
    started_at: finished.started_at,
    finished_at: localTime(new Date()),
    clock,
    clock_offset_ms: clockOffset(),
    worker: current.worker.id,
    device: current.device,
    app: __APP_VERSION__,
    supersedes: before ? before._id : finished.supersedes, // answers changed after a write that was reported as failed, but was not
    media: finished.media,
  };
  try {
    await writeSetting('clock', clock);
    const { rev } = await inbox.put(submission);
    return await endDraft({ ...submission, _rev: rev }, finished);
  } catch (error) {
    // What the disk says counts: an error that came after the write, or another window that was faster.
    const written = await readSubmission(submission._id).catch(() => null);
    if (written && saysTheSame(written, finished)) return endDraft(written, finished);
    throw isStorageFull(error) ? new Error(t('storage.full')) : error;
  }
}

/** It is saved: a draft that stays behind is a nuisance, an error here would be a lie. */
async function endDraft(written: SubmissionDocument, finished: FinishedForm): Promise<string> {
  setDocuments(new Map(documents()).set(written._id, written));
  if (finished.draft) await removeDraft(finished.draft).catch(() => undefined);
  savedListener();
  return written._id;
}

async function readSubmission(id: string): Promise<SubmissionDocument | null> {
  try {
    return (await inbox!.get(id)) as SubmissionDocument;
  } catch (error) {
    if ((error as { status?: number }).status === 404) return null;
    throw error;
  }
}

function saysTheSame(written: SubmissionDocument, finished: FinishedForm): boolean {
  return inOneOrder([written.answers, written.media.map(({ name }) => name)]) === inOneOrder([finished.answers, finished.media.map(({ name }) => name)]);
}

function inOneOrder(value: AnswerValue): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'object' && part !== null && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort()) : part));
}

/** At the start: drafts of forms that were saved just before the phone died. One that was changed after its form was saved is kept. */
export async function removeSavedDrafts(): Promise<void> {
  for (const draft of drafts()) {
    const saved = draft.submission === undefined ? undefined : documents().get(draft.submission);
    if (saved?.type === 'submission' && Date.parse(draft.updated_at) <= Date.parse(saved.finished_at)) await removeDraft(draft.id);
  }
}

/** The server acknowledged these, and refused those. Ids that have a receipt need no note any more. */
export async function acknowledge(sent: string[], refused: Record<string, string>): Promise<void> {
  if (!inbox) return;
  const answered = new Set([...documents().values()].flatMap((document) => (document.type === 'receipt' ? [document.submission] : [])));
  const next: Acknowledged = {
    sent: [...new Set([...acknowledged().sent, ...sent])].filter((id) => !answered.has(id) && !(id in refused)),
    refused: Object.fromEntries(Object.entries({ ...acknowledged().refused, ...refused }).filter(([id]) => !sent.includes(id) && !answered.has(id))),
  };
  await writeLocal(inbox, ACKNOWLEDGED, next);
  setAcknowledged(next);
}

export function closeInbox(): void {
  inbox = null;
  clock = '';
  setDocuments(new Map());
  setAcknowledged(NOTHING);
}

/** "2026-02-03T09:15:02+08:00": the wall time where the form was filled, with its zone. */
export function localTime(date: Date): string {
  const two = (number: number) => String(Math.floor(Math.abs(number))).padStart(2, '0');
  const zone = -date.getTimezoneOffset();
  return (
    `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}` +
    `${zone < 0 ? '-' : '+'}${two(zone / 60)}:${two(zone % 60)}`
  );
}
