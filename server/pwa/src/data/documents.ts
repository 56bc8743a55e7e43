// The shapes on the wire (docs/architecture.md): what the phone writes, and what the centre sends back.

export type Text = { zh: string; en: string };
export type Vector = Record<string, string>; // device → newest clock of it that went into a record

export type AnswerValue = string | number | boolean | null | AnswerValue[] | { [name: string]: AnswerValue };
export type Answers = { [name: string]: AnswerValue };

export interface MediaNote {
  question: string;
  name: string;
  type: string;
  bytes: number;
  sha256: string;
  /** the name that the person knows a chosen file by */
  original?: string;
}

export interface SubmissionDocument {
  _id: string;
  _rev?: string;
  type: 'submission';
  form: string;
  version: string;
  area: string;
  answers: Answers;
  based_on: Record<string, Vector>;
  started_at: string;
  finished_at: string;
  clock: string;
  clock_offset_ms: number;
  worker: string;
  device: string;
  app: string;
  supersedes: string | null;
  media: MediaNote[];
}

export interface Problem {
  path: string;
  rule: string;
  message: Text;
}

export interface Comment {
  path: string | null;
  text: string;
  by: string;
  at: string;
}

export type ReceiptStatus = 'accepted' | 'held' | 'returned' | 'rejected' | 'superseded' | 'duplicate';

export interface ReceiptDocument {
  _id: string;
  _rev?: string;
  type: 'receipt';
  submission: string;
  at: string;
  status: ReceiptStatus;
  problems: Problem[];
  remarks: Problem[];
  records: { id: string; version: Vector }[];
  comments: Comment[];
  clock: string;
}

export interface FieldValue {
  value: AnswerValue;
  worker: string;
  device: string;
  at: string;
  clock: string;
  submission: string;
  form: string;
  /** a person in the office decided it; `device` is then "office" */
  settled?: true;
  disputed?: { value: AnswerValue; worker: string; device: string; at: string; clock: string; submission: string }[];
}

export type RecordKind = 'household' | 'person' | 'quarantine_case' | 'visit' | 'premises' | 'pass' | 'problem' | 'service_request' | 'duty_shift';

export interface RecordDocument {
  _id: string;
  _rev?: string;
  type: 'record';
  kind: RecordKind;
  area: string;
  label: string;
  version: Vector;
  fields: Record<string, FieldValue>;
  search: string;
  submissions: { id: string; form: string; worker: string; at: string }[];
  submission_count: number;
  /** it is one with another record, which is shown in its place */
  linked_to?: string;
  /** the records that are one in this one, itself among them */
  members?: string[];
  moved?: Came;
}

/** From which areas a record has come here: when, or with which record it did. */
export interface Came {
  from: string[];
  at?: string;
  with?: string;
}

/** Stands in an area for a record that has left it: where it lies now, and since when, or with which record it went. */
export interface MovedDocument {
  _id: string;
  _rev?: string;
  type: 'moved';
  kind: RecordKind;
  label: string;
  area: string;
  at?: string;
  with?: string;
}

export interface AreaDocument {
  _id: string;
  _rev?: string;
  type: 'area';
  name: Text;
  place: string;
  path: Text;
  workers: Record<string, string>;
  /** names of those who wrote in its records and do not work there */
  others?: Record<string, string>;
  /** what the other areas of the place are called */
  neighbours?: Record<string, Text>;
}

export type FieldType =
  | 'group' | 'repeat' | 'text' | 'integer' | 'decimal' | 'select_one' | 'select_multiple' | 'rank' | 'date' | 'time' | 'dateTime'
  | 'geopoint' | 'geotrace' | 'geoshape' | 'image' | 'audio' | 'video' | 'file' | 'barcode' | 'note' | 'acknowledge' | 'calculate' | 'hidden';

/** Files that a label shows or sounds, by kind and language. */
export type LabelMedia = Partial<Record<'image' | 'big-image' | 'audio' | 'video', Record<string, string>>>;

export interface FormField {
  name: string;
  path: string; // without indexes: /members/name
  type: FieldType;
  value_type?: FieldType; // of calculate and hidden: how the answer is kept
  label: Text | null;
  hint?: Text;
  guidance?: Text;
  media?: LabelMedia;
  choices?: { value: string; label: Text; media?: LabelMedia }[];
  list?: string; // the file of the form that its choices come from
  pii?: string;
  merge?: string;
  prefill?: boolean;
  usual?: string;
  keep?: boolean; // in a register: stays for the next entry
  appearance?: string;
  preload?: string; // of metadata: start, end, deviceid …
  range?: { start: number; end: number; step: number };
  parameters?: Record<string, string>;
  fields?: FormField[];
}

/** What a form names beside itself: lists, pictures and sounds. The bytes are attachments of the form document. */
export interface FormFile {
  name: string;
  type: string;
  bytes: number;
  sha256: string;
}

export interface FormEntity {
  kind: RecordKind;
  repeat: string | null;
  id: string;
  label: Text | null;
  properties: Record<string, string>; // property of the record → path of the question
}

/** The areas of the national guideline, in its order. */
export type FieldOfWork = 'monitoring' | 'entry' | 'reporting' | 'publicity' | 'environment' | 'help' | 'services';

/** What is to be done each day between two dates of a record (docs/architecture.md). */
export interface Slot {
  name: string;
  label: Text;
  kind: RecordKind;
  field: string; // the property that holds when it was done
  set: Record<string, string>; // answers that the form starts with, by path
  from: string; // "06:00"
  until: string;
  grace_minutes: number;
  starts: string;
  ends: string;
}

export interface FormDocument {
  _id: string;
  _rev?: string;
  type: 'form';
  form: string;
  version: string;
  title: Text;
  languages: string[];
  xform: string;
  fields: FormField[];
  entities: FormEntity[];
  audience?: 'phone' | 'office' | 'phone office';
  field_of_work?: FieldOfWork | null;
  mode?: 'register'; // one screen, and after saving the next form at once
  starts_from: RecordKind | null;
  /** it may also be started without such a record, and then makes one */
  starts_new?: boolean;
  current: boolean;
  files?: FormFile[];
  schedule?: Slot[];
  /** what PouchDB says of the files, or the files themselves as base64 (a form that is tried in the office) */
  _attachments?: Record<string, { content_type: string; data?: string }>;
}
