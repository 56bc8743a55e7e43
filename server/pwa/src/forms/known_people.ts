// People whom the phone knows already, in a form that names people: which question writes a person's name, what was typed there, and going on from
// a record that is that person instead of making a second one. Which records are likely is decided in src/linkage/, which is loaded for this alone.
import { createSignal, untrack } from 'solid-js';
import type { Answers, AnswerValue, FormDocument, FormEntity, RecordDocument } from '../data/documents.ts';
import { wholeRecords } from '../data/records.ts';
import type { FormStart } from '../forms-contract.ts';
import { lexical } from './answers.ts';
import type { Instance } from './engine.ts';
import type { Question, Roster } from './items.ts';
import { leaves, repeatOf } from './prefill.ts';

/** Where a row of a person stands: the entity, and the path that its questions stand below ("" for a form about one person). */
interface Place {
  entity: FormEntity;
  base: string;
}

export interface Taken {
  question: Question;
  name: string;
  undo: () => void;
}

/** Properties of a person that say what they are to the others behind their door. */
const OF_A_HOUSEHOLD: ReadonlySet<string> = new Set(['relation']);

/** What the draft keeps of the records that were gone on from: which they are, and the versions that the person had before them. */
export type TakenRecord = Pick<RecordDocument, '_id' | 'version' | 'members'>;

export class KnownPeople {
  /** the last one taken, to be undone */
  readonly taken: () => Taken | null;
  private readonly setTaken: (taken: Taken | null) => void;
  private readonly records: () => readonly TakenRecord[];
  private readonly setRecords: (records: TakenRecord[]) => void;
  private readonly typedNow: () => Readonly<Record<string, string>>;
  private readonly setTypedNow: (typed: Record<string, string>) => void;
  private readonly refusedNow: () => Readonly<Record<string, Refused>>;
  private readonly setRefusedNow: (refused: Record<string, Refused>) => void;
  private readonly entities: FormEntity[];

  constructor(
    private readonly form: FormDocument,
    private readonly start: FormStart,
    private readonly instance: Instance,
    kept: readonly TakenRecord[] = [],
    /** writes an answer as a person does */
    private readonly answer: (question: Question, text: string) => void,
  ) {
    [this.taken, this.setTaken] = createSignal<Taken | null>(null);
    [this.records, this.setRecords] = createSignal<readonly TakenRecord[]>(kept);
    [this.typedNow, this.setTypedNow] = createSignal({});
    [this.refusedNow, this.setRefusedNow] = createSignal({});
    this.entities = form.entities.filter(({ kind, properties }) => kind === 'person' && properties.name !== undefined);
  }

  /** Whether an answer to this question is a person's name that becomes a record. */
  names(question: Question): boolean {
    return this.entities.some(({ properties }) => properties.name === question.field?.path);
  }

  // ---- what was typed

  /** A name as it was typed just now, whole: no letters that an input method is still putting together. */
  typed(question: Question, text: string): void {
    if (this.names(question) && untrack(this.typedNow)[question.id] !== text) this.setTypedNow({ ...untrack(this.typedNow), [question.id]: text });
  }

  /** What was typed there since the form was opened; null: nothing was. */
  typedIn(question: Question): string | null {
    return this.typedNow()[question.id] ?? null;
  }

  /** The id that the row has now. */
  idAt(question: Question): string {
    const place = this.placeOf(question);
    return place ? this.textAt(place, place.entity.id) : '';
  }

  /** What the row says of the person, by property. Only what is asked in the row itself. */
  saidOf(question: Question, property: string): string {
    const place = this.placeOf(question);
    const path = place?.entity.properties[property];
    return place && path ? this.textAt(place, path) : '';
  }

  /** Whether the form says this of the person: their household, for one. */
  says(question: Question, property: string): boolean {
    return this.placeOf(question)?.entity.properties[property] !== undefined;
  }

  /** Ids of the people whom the form names already. */
  idsInForm(question: Question): string[] {
    const place = this.placeOf(question);
    if (!place) return [];
    const roster = place.entity.repeat === null ? null : this.instance.find(place.base.replace(/\/\d+$/, ''));
    if (roster?.kind !== 'roster') return [this.textAt(place, place.entity.id)];
    return (roster as Roster).rows().map((row) => this.textAt({ entity: place.entity, base: row.path() }, place.entity.id));
  }

  // ---- not the same

  /** These are not who is meant in this row. They are not offered for it again, nor is anyone else before the name is changed. */
  notTheSame(question: Question, ids: string[]): void {
    const before = untrack(this.refusedNow)[question.id];
    this.setRefusedNow({ ...untrack(this.refusedNow), [question.id]: { ids: [...(before?.ids ?? []), ...ids], typed: untrack(() => this.typedIn(question)) ?? '' } });
  }

  refusedAt(question: Question): Refused | null {
    return this.refusedNow()[question.id] ?? null;
  }

  // ---- going on from a record

  /** The row goes on from this record: its id, its name, and what is known of it where the row is still blank and the form fills it in. */
  async take(question: Question, id: string): Promise<void> {
    const [record] = await wholeRecords([id]);
    const place = untrack(() => this.placeOf(question));
    if (!record || !place || untrack(() => this.textAt(place, place.entity.id)) === id) return; // a second tap
    const typed = untrack(() => question.text());
    const filled: { inRow: string; before: string; after: string }[] = [];
    const put = (path: string, text: string) => {
      const inRow = path.slice((place.entity.repeat ?? '').length);
      const before = untrack(() => this.textAt(place, path));
      this.instance.set(place.base + inRow, text);
      filled.push({ inRow, before, after: untrack(() => this.textAt(place, path)) });
    };
    put(place.entity.id, record._id);
    for (const [path, text] of this.fillable(place, record)) if (untrack(() => this.textAt(place, path)) === '') put(path, text);
    const name = record.fields.name?.value;
    const called = typeof name === 'string' && name !== '' ? name : typed;
    this.answer(question, called);
    const head = { _id: id, version: { ...record.version }, ...(record.members ? { members: record.members } : {}) };
    this.setRecords([...untrack(this.records).filter(({ _id }) => _id !== id), head]);
    const taken: Taken = {
      question,
      name: called,
      undo: () => {
        if (untrack(this.taken) !== taken) return; // undone already
        // The row may have moved meanwhile: its place is looked up anew. What was written anew since is the person's own.
        const base = untrack(() => this.placeOf(question))?.base;
        if (base === undefined) return;
        const textAt = (inRow: string) => untrack(() => this.textAt({ entity: place.entity, base }, (place.entity.repeat ?? '') + inRow));
        for (const { inRow, before, after } of filled.reverse()) if (textAt(inRow) === after) this.instance.set(base + inRow, before);
        if (untrack(() => question.text()) === called) this.answer(question, typed);
        this.setRecords(untrack(this.records).filter(({ _id }) => _id !== id));
        this.setTaken(null);
        this.typed(question, untrack(() => question.text()));
      },
    };
    this.setTaken(taken);
  }

  /** Whether the row went on from a record that was chosen here. */
  isTaken(question: Question): boolean {
    return this.records().some(({ _id }) => _id === this.idAt(question));
  }

  /** Those who were gone on from, as far as the answers still name them. */
  takenIn(answers: Answers): TakenRecord[] {
    const named = JSON.stringify(answers);
    return untrack(this.records).filter(({ _id }) => named.includes(JSON.stringify(_id)));
  }

  kept(): readonly TakenRecord[] {
    return untrack(this.records);
  }

  /** As for a member who is known (prefill.ts), but never what is hidden: where they belong now is what the form is about. Nor what they were to another household. */
  private fillable({ entity }: Place, record: RecordDocument): [path: string, text: string][] {
    const comesFromElsewhere = record.fields.household?.value !== this.home().household;
    return leaves(this.form.fields).flatMap((field): [string, string][] => {
      const property = Object.keys(entity.properties).find((name) => entity.properties[name] === field.path);
      const value: AnswerValue | undefined = property === undefined ? undefined : record.fields[property]?.value;
      if (property !== undefined && comesFromElsewhere && OF_A_HOUSEHOLD.has(property)) return [];
      if (!field.prefill || field.type === 'hidden' || field.type === 'calculate' || property === 'name' || value === undefined || value === null) return [];
      if ((repeatOf(this.form.fields, field.path) ?? null) !== entity.repeat) return [];
      return [[field.path, lexical(field.value_type ?? field.type, value)]];
    });
  }

  /** The household that the form was opened at, and the door as far as it is known or written in it. */
  home(): { household: string; building: string; unit: string; room: string } {
    const { start, form, instance } = this;
    const home = start.household ?? (start.record?.kind === 'household' ? start.record : undefined);
    const properties = form.entities.find(({ kind, repeat }) => kind === 'household' && repeat === null)?.properties ?? {};
    const part = (property: string): string => {
      const item = properties[property] ? instance.find(properties[property]) : null;
      const known = home?.fields[property]?.value;
      return (item?.kind === 'question' && item.text()) || (known === undefined || known === null ? '' : String(known));
    };
    return { household: home?._id ?? '', building: part('building'), unit: part('unit'), room: part('room') };
  }

  private placeOf(question: Question): Place | null {
    const path = question.field?.path;
    const entity = this.entities.find(({ properties }) => properties.name === path);
    if (!entity || path === undefined) return null;
    const below = path.length - (entity.repeat ?? '').length;
    return { entity, base: entity.repeat === null ? '' : question.path().slice(0, -below) };
  }

  private textAt({ entity, base }: Place, path: string): string {
    const inRow = entity.repeat !== null && path.startsWith(`${entity.repeat}/`);
    const item = this.instance.find(inRow ? base + path.slice(entity.repeat!.length) : path);
    return item?.kind === 'question' ? item.text() : '';
  }
}

interface Refused {
  ids: string[];
  /** the name as it stood when they were refused */
  typed: string;
}
