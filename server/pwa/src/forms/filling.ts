// A form being filled: the engine's instance and all that it does not know — what was typed and refused, files, what the office said,
// where the person is, and the draft that is on the disk after every answer.
import { batch, createMemo, createSignal, mapArray, untrack } from 'solid-js';
import { createStore, type SetStoreFunction } from 'solid-js/store';
import type { Answers, FormDocument, FormField, MediaNote, RecordDocument } from '../data/documents.ts';
import { householdId, newId, newSubmissionId } from '../data/identity.ts';
import { recordName, doorWords } from '../data/labels.ts';
import { readMedia } from '../data/media.ts';
import { rows } from '../data/records.ts';
import { session } from '../data/session.ts';
import { saveSubmission, versions } from '../data/submissions.ts';
import type { Draft, FormScreenProps, FormStart, StoredMedia } from '../forms-contract.ts';
import { answersOf } from './answers.ts';
import { Audit, type AuditEvent, auditField, rootOf } from './audit.ts';
import { CountedRows, type Vanished } from './counted_rows.ts';
import { DraftKeeper, type Kept } from './draft_keeper.ts';
import type { Instance } from './engine.ts';
import { KnownPeople, type TakenRecord } from './known_people.ts';
import { isAsked, namingQuestion, questionsOf, type Group, type Question, type Refusal, type Roster } from './items.ts';
import { notesOf, type OfficeNote } from './office_notes.ts';
import { askedOn, pagesOf, REVIEW, samePages, sectionsOf, type Page } from './pages.ts';
import type { Made } from './media/files.ts';
import { FormMedia } from './media/form_media.ts';
import { doorOf } from './prefill.ts';
import { Rosters, type RemovedRow } from './rosters.ts';
import { readTyped, type TypedProblem } from './typed.ts';
import { isoWithZone } from './when.ts';

/** What a draft holds beyond the contract: all that is needed to stand exactly where one stood. */
export interface DraftState {
  xml: string;
  hidden: Record<string, string>;
  refused: Record<string, Refused>;
  page: string;
  visited: string[];
  media: MediaNote[];
  settled: string[];
  supersedes: string | null;
  audit?: AuditEvent[];
  vanished?: Vanished;
  taken?: readonly TakenRecord[];
}

/** Typed, kept and shown, but not in the instance. */
export interface Refused {
  text: string;
  problem: TypedProblem | Refusal['problem'];
  reason?: string;
}

export type Finish = { state: 'missing' } | { state: 'saved'; id: string } | { state: 'tried'; answers: Answers; media: StoredMedia[] } | { state: 'failed'; reason: string };

export interface Removed extends RemovedRow {
  name: string;
}

export class Filling {
  readonly pages: () => Page[];
  readonly sections: () => ReturnType<typeof sectionsOf>;
  readonly page: () => Page;
  readonly kept: () => Kept;
  /** An exception in the engine: from then on it may calculate wrongly, so the form is to be opened anew from its draft. */
  readonly broken: () => boolean;
  readonly reviewed: () => boolean;
  readonly filledByAllWell: () => Question[];
  readonly notes: OfficeNote[];
  /** the row that was taken away last, to be put back */
  readonly removed: () => Removed | null;
  /** rows with answers that vanished with the last answer, because it counts them */
  readonly vanished: () => { rows: number; undo: () => void } | null;
  /** the log that the form asks for */
  readonly audit: Audit | null;
  /** people whom the phone knows already, where the form names people */
  readonly people: KnownPeople;

  private readonly draftId: string;
  /** of a draft: the records that it was begun at and what it was called, for when they have left this phone */
  private readonly begunAt: Pick<Draft['start'], 'record' | 'household'>;
  private readonly calledBefore: string;
  private readonly startedAt: string;
  private submission: string;
  private supersedes: string | null;
  private readonly setPageKey: (key: string) => void;
  private readonly setBroken: (broken: boolean) => void;
  private readonly keeper: DraftKeeper;
  private readonly setFilledByAllWell: (questions: Question[]) => void;
  private readonly setRemoved: (removed: Removed | null) => void;
  private readonly setVanished: (vanished: { rows: number; undo: () => void } | null) => void;
  private readonly setReviewed: (reviewed: boolean) => void;
  private readonly refused: Record<string, Refused | undefined>;
  private readonly setRefused: SetStoreFunction<Record<string, Refused | undefined>>;
  private readonly touched: Record<string, true | undefined>;
  private readonly setTouched: SetStoreFunction<Record<string, true | undefined>>;
  private readonly visited: Record<string, true | undefined>;
  private readonly setVisited: SetStoreFunction<Record<string, true | undefined>>;
  private readonly settled: Record<string, true | undefined>;
  private readonly setSettled: SetStoreFunction<Record<string, true | undefined>>;
  private readonly missingByPage: () => Map<string, () => Question[]>;
  private readonly media: FormMedia;
  private readonly rosters: Rosters;
  private readonly counted: CountedRows;

  constructor(
    readonly form: FormDocument,
    readonly start: FormStart,
    readonly instance: Instance,
    private readonly props: Pick<FormScreenProps, 'fix' | 'try'>,
    draft: Draft | null,
    private readonly doorIsId: boolean,
  ) {
    const state = draft?.state as DraftState | undefined;
    this.draftId = draft?.id ?? newId();
    this.begunAt = { ...(draft?.start.record ? { record: draft.start.record } : {}), ...(draft?.start.household ? { household: draft.start.household } : {}) };
    this.calledBefore = draft?.title ?? '';
    this.startedAt = draft?.started_at ?? isoWithZone(new Date());
    this.submission = draft?.submission ?? newSubmissionId();
    this.supersedes = state?.supersedes ?? props.fix?.submission._id ?? null;
    [this.refused, this.setRefused] = createStore({});
    [this.touched, this.setTouched] = createStore({});
    [this.visited, this.setVisited] = createStore(flags(state?.visited));
    [this.settled, this.setSettled] = createStore(flags(state?.settled));
    this.media = new FormMedia(state?.media ?? props.fix?.submission.media ?? [], props.fix?.submission.media ?? []);
    this.rosters = new Rosters(form, instance);
    this.counted = new CountedRows(instance, form.xform, { ...state?.vanished });
    this.people = new KnownPeople(form, start, instance, state?.taken, (question, text) => this.answer(question, text));
    [this.removed, this.setRemoved] = createSignal<Removed | null>(null);
    [this.vanished, this.setVanished] = createSignal<{ rows: number; undo: () => void } | null>(null);

    this.pages = createMemo<Page[]>((before) => samePages(before, pagesOf(instance.items)), []);
    this.sections = createMemo(() => sectionsOf(this.pages()));
    // A memo for each page: an answer looks again only at the page that it is on.
    const byPage = mapArray(this.pages, (page) => {
      const questions = createMemo(() => askedOn(page));
      return createMemo(() => questions().filter((question) => question.violation() !== null || this.refused[question.id] !== undefined));
    });
    this.missingByPage = createMemo(() => new Map(this.pages().map((page, index) => [page.key, byPage()[index]!])));
    const [key, setKey] = createSignal(state?.page ?? untrack(this.pages)[0]!.key);
    this.setPageKey = setKey;
    // A page that ceased to be relevant gives way to the one that took its place.
    this.page = createMemo<Page>((before) => this.pages().find((page) => page.key === key()) ?? this.nearest(before) ?? this.pages()[0]!);
    this.keeper = new DraftKeeper(this.draftId, () => this.draft(), draft !== null, props.try);
    this.kept = this.keeper.kept;
    [this.reviewed, this.setReviewed] = createSignal(false);
    [this.broken, this.setBroken] = createSignal(false);
    [this.filledByAllWell, this.setFilledByAllWell] = createSignal<Question[]>([]);

    const asked = auditField(form);
    this.audit = asked && new Audit(asked, rootOf(form.xform), Date.now, [...(state?.audit ?? [])]);
    this.audit?.happened(draft ? 'form resume' : 'form start');
    this.notes = notesOf(props.fix);
    for (const [path, refused] of Object.entries(state?.refused ?? {})) {
      const item = instance.find(path);
      if (item?.kind === 'question') this.refuse(item, refused);
    }
    this.rosters.furnish(draft !== null || props.fix !== undefined);
    const noted = props.fix && !state ? this.firstNoted() : null;
    if (noted) this.goToQuestion(noted);
    this.shown();
  }

  // ---- answers

  /** What stands in the box: what the person typed, taken or not. */
  text(question: Question): string {
    return this.refused[question.id]?.text ?? question.text();
  }

  answer(question: Question, raw: string): void {
    const before = untrack(() => this.text(question));
    const rows = this.counted.around(question.name, () => this.take(question, raw));
    // The count is typed on without a word while it grows; what vanished is said until the count is right again.
    if (rows > 0) this.setVanished({ rows, undo: () => this.answer(question, before) });
    else if (untrack(this.vanished)) this.setVanished(null);
  }

  private take(question: Question, raw: string): void {
    const typed = readTyped(question.type, raw);
    if ('problem' in typed) {
      this.instance.answer(question, ''); // what stood there before must not be sent behind what is shown
      this.refuse(question, { text: raw, problem: typed.problem });
    } else {
      const refusal = this.instance.answer(question, typed.text);
      if (refusal?.problem === 'engine') {
        this.setBroken(true);
        this.instance.answer(question, ''); // kept as it was typed; in the instance it would throw again at each opening
      }
      this.refuse(question, refusal === null ? undefined : { text: raw, ...refusal });
    }
    this.setTouched(question.id, true);
    if (untrack(() => this.noteOn(question)).length > 0) this.setSettled(untrack(question.path), true);
    this.keeper.soon();
  }

  private readonly refusing = new Set<Question>();
  private refuse(question: Question, refused: Refused | undefined): void {
    if (refused) this.refusing.add(question);
    else this.refusing.delete(question);
    this.setRefused(question.id, refused);
  }

  refusal(question: Question): Refused | null {
    return this.refused[question.id] ?? null;
  }

  /** The engine's finding, once the person has had a chance: at once when something was answered, "required" only after the page was left. */
  violation(question: Question) {
    const violation = question.violation();
    if (!violation || this.refused[question.id]) return null;
    return violation.rule === 'constraint' || this.touched[question.id] || this.reviewed() ? violation : null;
  }

  noteOn(question: Question): OfficeNote[] {
    if (this.notes.length === 0) return [];
    const path = question.path();
    return this.settled[path] ? [] : this.notes.filter((note) => note.path === path);
  }

  /** Notes that belong to no question that is asked now: said at the top and at the end. */
  looseNotes(): OfficeNote[] {
    const paths = new Set(this.pages().flatMap(askedOn).map((question) => question.path()));
    return this.notes.filter((note) => !paths.has(note.path));
  }

  /** A photo, a sound, a film or another file becomes the answer; what stood there before goes once the draft names the new one. */
  async keepMedia(question: Question, made: Made): Promise<void> {
    const before = untrack(question.text);
    this.answer(question, await this.media.take(question, made));
    await this.keeper.now();
    if (before && untrack(this.kept).state !== 'failed') await this.media.forget(before);
  }

  async removeMedia(question: Question): Promise<void> {
    const name = untrack(question.text);
    this.answer(question, '');
    await this.keeper.now();
    if (untrack(this.kept).state !== 'failed') await this.media.forget(name);
  }

  mediaNote(name: string): MediaNote | undefined {
    return this.media.note(name);
  }

  // ---- rows

  add(roster: Roster): Group {
    const row = this.rosters.add(roster);
    this.audit?.happened('add repeat', untrack(row.path));
    this.keeper.soon();
    return row;
  }

  remove(roster: Roster, index: number): Removed {
    const naming = untrack(() => namingQuestion(roster.rows()[index]!));
    const name = naming ? untrack(() => this.text(naming)) : '';
    this.audit?.happened('delete repeat', untrack(roster.rows()[index]!.path));
    const removed = { ...this.rosters.remove(roster, index), name };
    this.setRemoved(removed);
    this.keeper.soon();
    return removed;
  }

  /** Rows can be added here: neither the form counts them, nor are they records that only the office makes. */
  mayAdd(roster: Roster): boolean {
    const path = roster.field?.path;
    const isOfRecords = this.form.entities.some((entity) => entity.repeat === path) && !roster.field?.fields?.some((field) => field.pii === 'name' && isWritten(field));
    return roster.open && !isOfRecords;
  }

  putBack(removed: Removed): void {
    this.rosters.putBack(removed);
    this.keeper.soon();
  }

  // ---- pages

  goTo(page: Page): void {
    const from = untrack(this.page);
    batch(() => {
      if (from.key !== page.key) this.leave(from);
      this.setPageKey(page.key);
    });
    if (from.key !== page.key) this.shown();
    // Looking through a form is not beginning it.
    if (this.keeper.isBegun()) this.keeper.soon();
  }

  next(): void {
    const pages = untrack(this.pages);
    this.goTo(pages[Math.min(this.position() + 1, pages.length - 1)]!);
  }

  back(): void {
    this.goTo(untrack(this.pages)[Math.max(this.position() - 1, 0)]!);
  }

  private position(): number {
    return untrack(() => this.pages().findIndex((page) => page.key === this.page().key));
  }

  goToQuestion(question: Question): void {
    const page = untrack(this.pages).find((page) => untrack(() => askedOn(page)).includes(question));
    if (page) this.goTo(page);
  }

  private leave(page: Page): void {
    this.setVisited(page.key, true);
    for (const question of untrack(() => askedOn(page))) this.setTouched(question.id, true);
    this.audit?.left(this.seenOn(page));
  }

  private shown(): void {
    if (!this.audit) return;
    const page = untrack(this.page);
    if (page.kind === 'review') this.audit.happened('end screen');
    else this.audit.shown(page.key, this.seenOn(page));
  }

  private seenOn(page: Page): { path: string; text: string }[] {
    return untrack(() => askedOn(page).map((question) => ({ path: question.path(), text: this.text(question) })));
  }

  private nearest(before: Page | undefined): Page | undefined {
    if (!before) return undefined;
    return this.pages().find((page) => page.section === before.section) ?? this.pages()[0];
  }

  isVisited(page: Page): boolean {
    return this.visited[page.key] === true;
  }

  /** What stands in the way of saving, on this page. */
  missingOn(page: Page): Question[] {
    return this.missingByPage().get(page.key)?.() ?? [];
  }

  missing(): { page: Page; question: Question }[] {
    return this.pages().flatMap((page) => this.missingOn(page).map((question) => ({ page, question })));
  }

  /** The first question that the office says something about. */
  firstNoted(): Question | null {
    return untrack(() => {
      const found = this.notes.map((note) => (note.path ? this.instance.find(note.path) : null)).find((item) => item !== null);
      if (!found) return null;
      return (found.kind === 'question' ? found : found.kind === 'group' ? questionsOf(found.items()).find(isAsked) : undefined) ?? null;
    });
  }

  // ---- the usual answers ("all well")

  /** Questions that have a usual answer and none yet. */
  usual(): Question[] {
    return questionsOf(this.instance.items).filter((question) => question.field?.usual && question.text() === '' && isAsked(question));
  }

  /** Fills the usual answers; an answer may make the next one relevant, so it goes round until nothing is left. */
  allWell(): void {
    const filled: Question[] = [];
    const left = () => untrack(() => this.usual()).filter((question) => !filled.includes(question));
    for (let questions = left(); questions.length > 0; questions = left())
      for (const question of questions) {
        this.instance.answer(question, question.field!.usual!);
        filled.push(question);
      }
    this.setFilledByAllWell(filled);
    this.keeper.soon();
  }

  // ---- the draft

  /** Resolves when the draft is on the disk. */
  keepNow(): Promise<void> {
    return this.keeper.now();
  }

  isBegun(): boolean {
    return this.keeper.isBegun();
  }

  /** What waits to be written is written at once. */
  hurry(): void {
    this.keeper.hurry();
  }

  /** Something of the engine threw. */
  distrust(): void {
    this.setBroken(true);
  }

  /** Nothing is written from here on: the form is no longer on the screen. */
  close(): void {
    this.keeper.stop();
  }

  /** On leaving: what was begun is kept; a form in which nothing was done leaves nothing behind. */
  async rest(): Promise<void> {
    this.audit?.left(this.seenOn(untrack(this.page)));
    this.audit?.happened('form exit');
    if (this.keeper.isBegun()) await this.keeper.now();
  }

  discard(): Promise<void> {
    return this.keeper.remove();
  }

  undoDiscard(): Promise<void> {
    return this.keeper.goOn();
  }

  /** After the moment for undo has passed: files that no submission names go too. */
  forgetMedia(): Promise<void> {
    return this.media.forgetAll();
  }

  /** Everything that was done so far, as it would stand on the disk. */
  draft(): Draft {
    const { start } = this;
    const refused = untrack(() => Object.fromEntries([...this.refusing].map((question) => [question.path(), { ...this.refused[question.id]! }])));
    const state: DraftState = {
      xml: this.instance.xml(),
      hidden: this.instance.hidden(),
      refused,
      page: untrack(() => this.page().key),
      visited: Object.keys(untrack(() => ({ ...this.visited }))),
      media: this.media.notes(),
      settled: Object.keys(untrack(() => ({ ...this.settled }))),
      supersedes: this.supersedes,
      ...(Object.keys(this.counted.kept()).length > 0 ? { vanished: this.counted.kept() } : {}),
      ...(this.people.kept().length > 0 ? { taken: this.people.kept() } : {}),
      ...(this.audit ? { audit: this.audit.kept() } : {}),
    };
    const ids = (records?: { _id: string }[]) => (records ? records.map((record) => record._id) : undefined);
    return {
      id: this.draftId,
      form: this.form.form,
      version: this.form.version,
      area: start.area,
      title: this.title(),
      start: {
        ...this.begunAt,
        place: start.place,
        ...(start.record ? { record: start.record._id } : {}),
        ...(start.household ? { household: start.household._id } : {}),
        ...(start.people ? { people: ids(start.people)! } : {}),
        ...(start.cases ? { cases: ids(start.cases)! } : {}),
        ...(start.known ? { known: { ...start.known } } : {}),
      },
      ...(this.props.fix ? { fix: { submission: this.props.fix.submission._id } } : {}),
      based_on: untrack(() => versions(start)),
      started_at: this.startedAt,
      updated_at: isoWithZone(new Date()),
      submission: this.submission,
      state,
    };
  }

  /** What the lists call it: as the form names it, or the door that the records know, or as far as it was written. */
  title(): string {
    const named = this.instance.find('/meta/instanceName');
    if (named?.kind === 'question' && named.text()) return named.text();
    const known = this.start.record ?? this.start.household;
    const row = known && rows().get(known._id);
    if (known) return (row && recordName(row)) || known.label;
    if (this.calledBefore && Object.keys(this.begunAt).length > 0) return this.calledBefore;
    const properties = this.form.entities.find((entity) => entity.kind === 'household')?.properties ?? {};
    const part = (property: string): string => {
      const item = properties[property] ? this.instance.find(properties[property]) : null;
      return item?.kind === 'question' ? item.text() : '';
    };
    return untrack(() => doorWords({ building: part('building'), unit: part('unit'), room: part('room'), ordinal: part('ordinal') }));
  }

  // ---- finishing

  async finish(): Promise<Finish> {
    try {
      await this.nameTheHousehold();
      if (untrack(() => this.missing()).length > 0) {
        this.setReviewed(true);
        this.goTo(REVIEW);
        return { state: 'missing' };
      }
      await this.keeper.now();
      this.keeper.stop(); // or an answer that comes meanwhile would bring the draft back
      for (const path of endsOf(this.form.fields)) this.instance.set(path, isoWithZone(new Date()));
      const log = await this.keepLog();
      const answers = answersOf(this.instance.xml(), this.form.fields);
      const media = [...untrack(() => this.media.answered(this.instance)), ...(log ? [log] : [])];
      if (this.props.try) return await this.tried(answers, media);
      this.saved = await saveSubmission({
        submission: this.submission,
        form: this.form.form,
        version: this.form.version,
        area: this.start.area,
        answers,
        based_on: { ...versions(this.start), ...versions({ area: this.start.area, place: this.start.place, people: this.people.takenIn(answers) as RecordDocument[] }) },
        started_at: this.startedAt,
        media,
        supersedes: this.supersedes,
        draft: this.draftId,
      });
      this.media.keep(media);
      await this.media.forgetAll().catch(() => {}); // saved is saved: a file too many on the phone is no reason to say otherwise
      return { state: 'saved', id: this.saved };
    } catch (error) {
      await this.keeper.goOn();
      return { state: 'failed', reason: (error as Error).message };
    }
  }
  private saved: string | null = null;

  /** The log becomes a file beside the answers, as photos are. */
  private async keepLog(): Promise<MediaNote | null> {
    if (!this.audit) return null;
    this.audit.left(this.seenOn(untrack(this.page)));
    this.audit.happened('form finalize');
    const csv = new Blob([this.audit.csv(session()?.username ?? '')], { type: 'text/csv' });
    const name = await this.media.take({ name: 'audit', path: () => '/meta/audit' }, { blob: csv, original: 'audit.csv' });
    this.instance.set('/meta/audit', name);
    return this.media.note(name) ?? null;
  }

  private async tried(answers: Answers, media: MediaNote[]): Promise<Finish> {
    const pictures = await Promise.all(media.map(async (note) => ({ ...(await readMedia(note.name))!, ...note })));
    await this.keeper.goOn();
    return { state: 'tried', answers, media: pictures };
  }

  /** Taking a saved form back: what was written may already be on its way, so the next saving supersedes it. */
  async takeBack(): Promise<void> {
    this.supersedes = this.saved;
    this.submission = newSubmissionId();
    await this.keeper.goOn();
  }

  // A household that no record knows yet has the id of its door; so it changes with the door until it is saved.
  private async nameTheHousehold(): Promise<void> {
    if (!this.doorIsId) return;
    const answers: Answers = answersOf(this.instance.xml(), this.form.fields);
    const door = doorOf(this.form, answers);
    if (!door) return;
    const { path, ...address } = door;
    // Whoever tries a form may not be signed in, and has then no key to name doors with.
    this.instance.set(path, this.props.try ? `household:${newId()}` : await householdId({ place: this.start.place, ...address }));
  }
}

/** Questions that hold when the form was finished. */
function endsOf(fields: readonly FormField[]): string[] {
  return fields.flatMap((field) => (field.preload === 'end' ? [field.path] : field.type === 'group' ? endsOf(field.fields ?? []) : []));
}

const isWritten = (field: FormField) => field.type === 'text';

function flags(names: readonly string[] = []): Record<string, true | undefined> {
  return Object.fromEntries(names.map((name) => [name, true]));
}
