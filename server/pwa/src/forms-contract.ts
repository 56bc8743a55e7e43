// The seam between the screens and the form runner: types only. `src/forms/index.ts` exports `FormScreen: Component<FormScreenProps>`.
//
// What the runner may import from our side:
//   data/submissions.ts  saveSubmission(draft: FinishedForm): Promise<string>       writes it on disk, gives "submission:…"; starts a sync by itself
//   data/drafts.ts       saveDraft(Draft), readDraft(id), removeDraft(id)           on disk when the promise resolves
//   data/media.ts        saveMedia(StoredMedia), readMedia(name), removeMedia(name) a photo, on disk when the promise resolves
//   data/identity.ts     householdId(address), newPersonId(), newCaseId(), newId()
//   data/session.ts      session()  (Solid signal: the Session with worker, device, areas)
//   i18n/index.ts        t(key, values?), locale() (Solid signal: 'zh' | 'en'), textOf({zh, en})
//                        words of the runner stand in i18n/zh.json and i18n/en.json under the key "form"
import type { Answers, FormDocument, MediaNote, ReceiptDocument, RecordDocument, SubmissionDocument, Vector } from './data/documents.ts';

/** What is known when a form is opened. `record` is the one the form starts from (FormDocument.starts_from). */
export interface FormStart {
  area: string;
  /** id of the area that addresses are told apart in, for householdId() */
  place: string;
  record?: RecordDocument;
  household?: RecordDocument;
  people?: RecordDocument[];
  cases?: RecordDocument[];
  /** the versions that the form was filled from, of records that are not on the phone any more */
  base?: Record<string, Vector>;
  /** Answers already known beyond the records, by path: {"/address/building": "1", "/kind": "morning"}. Visible and editable. */
  known?: Record<string, string>;
}

export interface FormScreenProps {
  form: FormDocument;
  start: FormStart;
  /** id of a draft to go on with */
  draft?: string;
  /** correct this submission: its answers are filled in, what its receipt says is wrong stands beside the questions, the new one supersedes it */
  fix?: { submission: SubmissionDocument; receipt: ReceiptDocument | null };
  /** the draft was found at this door: said in words, and one may start over */
  found?: boolean;
  /** the door to offer after this form was saved, or what else is next: `what` says it then */
  next?(submissionId: string): { name: string; what?: string; go(): void } | null;
  onSaved(submissionId: string): void;
  /** the draft that was found is thrown away; a new form is wanted */
  onStartOver?(): void;
  /** left without finishing; the draft is already kept */
  onLeft(): void;
  /** trying a form: nothing is written to the disk and nothing is sent, nobody need be signed in; saving calls `onTried` instead of `onSaved` */
  try?: true;
  /** what would have been sent, photos with their pictures */
  onTried?(answers: Answers, media: StoredMedia[]): void;
}

/** What the runner hands to saveSubmission. Everything else on the document (worker, device, clock …) is filled in there. */
export interface FinishedForm {
  /** "submission:…", fixed when the draft was begun: saving again after a crash writes nothing new */
  submission?: string;
  form: string;
  version: string;
  area: string;
  answers: Answers;
  /** per record id the version this form was filled from: `versions(start)` of data/submissions.ts gives it */
  based_on: Record<string, Vector>;
  started_at: string;
  media: MediaNote[];
  supersedes: string | null;
  /** removed in the same breath */
  draft?: string;
}

export interface Draft {
  id: string;
  form: string;
  version: string;
  area: string;
  /** shown in the lists: "1栋 2单元 311" */
  title: string;
  /** record ids the form was started with, so that it can be opened again */
  start: { place: string; record?: string; household?: string; people?: string[]; cases?: string[]; known?: Record<string, string> };
  fix?: { submission: string };
  /** the versions of those records, for when they are not on the phone any more */
  based_on?: Record<string, Vector>;
  started_at: string;
  updated_at: string;
  /** the id that the finished form will have */
  submission?: string;
  /** the runner's own state (instance XML, page …) */
  state: unknown;
}

export interface StoredMedia extends MediaNote {
  blob: Blob;
}
