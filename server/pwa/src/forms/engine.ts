// The one place that touches ODK's form engine: loads a form once, fills it, answers, restores. All its types are our own, so that it stays replaceable.
//
// Traps of the engine (0.22) that end here:
// - its state is read through a factory of ours that makes a Solid signal per property, and only for what a screen reads (engine_nodes.ts);
// - what it would lose or refuse is said to it in other words (for_engine.ts): a photo is text that holds the file's name;
// - an answer that it cannot read becomes blank without a word: every answer is read back, and what did not arrive is refused aloud;
// - a file that it cannot have makes it refuse the form: a list that is not on the phone is empty instead, and the screen names it;
// - it has no public way to set a question without a control (the ids of records); the node's own setter is used, and a test holds it;
// - without 'wasm-unsafe-eval' in the CSP this very module loads for ever, so whoever imports it sets a time limit (open.ts).
import { constants, loadForm } from '@getodk/xforms-engine';
import { untrack } from 'solid-js';
import type { Answers, AnswerValue, FieldType, FormDocument, FormField } from '../data/documents.ts';
import { lexical } from './answers.ts';
import { isBelow, isRange, jsonPath, stateFactory, type Node } from './engine_nodes.ts';
import { markupOfWords, mediaOfWords, textOfWords, type Words } from './engine_words.ts';
import { filesNamedIn, fileName, forEngine } from './for_engine.ts';
import { choicesIn, withoutLongLists, type LongList } from './long_lists.ts';
import type { Choice, Group, Item, Question, Refusal, Roster, Violation } from './items.ts';

/** What the engine is told of the world around it. */
export interface Surroundings {
  device?: string;
  username?: string;
  /** a file of the form, by its name; null when it is not on this phone */
  file?(name: string): Promise<Blob | null>;
}

export interface Language {
  /** as in our documents: zh */
  code: string;
  /** as the form calls it: 中文 */
  name: string;
}

export interface EngineForm {
  /** a new instance; `known` are answers set before the first page, ids among them */
  start(known: Answers): Instance;
  /** an instance as it was; `hidden` are answers to questions that were not relevant, by JSON path */
  restore(xml: string, hidden?: Record<string, string>): Promise<Instance>;
  /** names of lists, pictures and sounds that the form wants and this phone does not have */
  missing: string[];
}

export interface Instance {
  items: Item[];
  xml(): string;
  languages: Language[];
  /** the code of the language shown */
  language(): string;
  setLanguage(code: string): void;
  /** null when the engine took it, else why not */
  answer(question: Question, text: string): Refusal | null;
  /** sets any question by JSON path, asked or hidden; rows are added as needed */
  set(path: string, text: string): Refusal | null;
  find(path: string): Item | null;
  /** what was answered and is not relevant now, by JSON path: the instance's XML leaves it out, a draft must not */
  hidden(): Record<string, string>;
  /** every answer below a row, by path within it, so that a removed row can be put back */
  answersIn(row: Group): Record<string, string>;
  add(roster: Roster, index?: number): Group;
  remove(roster: Roster, index: number): void;
}

const kept = new Map<string, Promise<EngineForm>>();

/** Loads a form, once for as long as the app is open. */
export function openForm(form: FormDocument, around: Surroundings = {}): Promise<EngineForm> {
  const key = [form._id, form._rev, around.device, around.username].join(' ');
  let loading = kept.get(key);
  if (!loading) {
    loading = load(form, around);
    kept.set(key, loading);
    loading.catch(() => kept.delete(key));
  }
  return loading;
}

async function load(form: FormDocument, around: Surroundings): Promise<EngineForm> {
  const missing = new Set<string>();
  const fetchFormAttachment = async (address: URL) => {
    const name = fileName(address.href);
    // As text, without the mark that a spreadsheet may write before the first heading.
    const text = await around.file?.(name).then((file) => file?.text()).catch(() => undefined);
    if (text === undefined) {
      missing.add(name);
      return new Response(null, { status: 404 });
    }
    return new Response(text, { headers: { 'content-type': TYPE_OF_LIST[name.split('.').at(-1)!.toLowerCase()] ?? 'text/plain' } });
  };
  const { xform, lists } = withoutLongLists(form.xform);
  const result = await loadForm(forEngine(xform), { fetchFormAttachment, missingResourceBehavior: 'BLANK' });
  if (result.status === 'failure') throw new Error(result.error.message, { cause: result.error });
  const held = new Set(Object.keys(form._attachments ?? {}));
  for (const name of filesNamedIn(form.xform)) if (!held.has(name) && around.file) missing.add(name);
  const fields = fieldsByPath(form.fields);
  const listed = new Map<string, Choice[]>();
  const config = { stateFactory, preloadProperties: { deviceID: around.device ?? '', username: around.username ?? '' } };
  return {
    missing: [...missing],
    start(known) {
      // Each instance lives in a scope of the form; a new one ends the one before, or memory would grow with every door.
      const instance = new EngineInstance(result.resetInstance(config).root as unknown as Node, fields, lists, listed);
      instance.setAll(known, '');
      return instance;
    },
    async restore(xml, hidden = {}) {
      const data = new FormData();
      data.append(constants.INSTANCE_FILE_NAME, new File([xml], constants.INSTANCE_FILE_NAME, { type: constants.INSTANCE_FILE_TYPE }));
      const restored = await result.restoreInstance({ data: [data as never] }, config);
      const instance = new EngineInstance(restored.root as unknown as Node, fields, lists, listed);
      for (const [path, text] of Object.entries(hidden)) instance.set(path, text);
      return instance;
    },
  };
}

// It reads a list by its type, and a phone may not know that of a .geojson.
const TYPE_OF_LIST: Record<string, string> = { csv: 'text/csv', xml: 'text/xml', geojson: 'application/geo+json' };

function fieldsByPath(fields: readonly FormField[], into = new Map<string, FormField>()): Map<string, FormField> {
  for (const field of fields) {
    into.set(field.path, field);
    if (field.fields) fieldsByPath(field.fields, into);
  }
  return into;
}

// What pyxform adds for a `table-list`: the group's label as a note, and the choices once more as a head. Here the group has its label and each line its choices.
const TABLE_LABEL = /^generated_table_list_label_/;
const NOT_ASKED = /^meta$|^generated_table_list_label_|^reserved_name_for_field_list_labels_/;

const TYPE_OF_VALUE: Record<string, FieldType> = { int: 'integer', decimal: 'decimal', date: 'date', time: 'time', dateTime: 'dateTime', geopoint: 'geopoint' };

class EngineInstance implements Instance {
  private readonly wrapped = new WeakMap<Node, Item>();
  private readonly nodes = new WeakMap<Item, Node>();
  private readonly written = new Map<Node, string>();
  private readonly gone = new WeakSet<Node>();

  constructor(
    private readonly root: Node,
    private readonly fields: ReadonlyMap<string, FormField>,
    private readonly lists: ReadonlyMap<string, LongList>,
    /** the choices of the long lists by list and language, made once for the form */
    private readonly listed: Map<string, Choice[]>,
  ) {}

  get items(): Item[] {
    return this.itemsOf(this.root);
  }

  get languages(): Language[] {
    return this.root.languages.map(({ language }) => ({ code: codeOf(language), name: language.replace(/\s*\([\w-]+\)\s*$/, '') || language }));
  }

  language(): string {
    return codeOf(this.root.currentState.activeLanguage.language);
  }

  setLanguage(code: string): void {
    const wanted = this.root.languages.find((language) => codeOf(language.language) === code);
    if (wanted && code !== untrack(() => this.language())) this.root.setLanguage(wanted);
  }

  xml(): string {
    return untrack(() => this.root.instanceState.instanceXML);
  }

  answer(question: Question, text: string): Refusal | null {
    return this.write(this.nodes.get(question)!, text);
  }

  set(path: string, text: string): Refusal | null {
    const node = this.nodeAt(path, true);
    return node ? this.write(node, text) : { problem: 'engine', reason: `there is no question ${path}` };
  }

  setAll(known: Answers, at: string): void {
    for (const [name, value] of Object.entries(known)) this.setValue(`${at}/${name}`, value);
  }

  private setValue(path: string, value: AnswerValue): void {
    if (value === null) return;
    const field = this.fields.get(path.replace(/\/\d+(?=\/|$)/g, ''));
    if (Array.isArray(value) && field?.type === 'repeat') value.forEach((row, index) => this.setAll(row as Answers, `${path}/${index}`));
    else if (field?.type === 'group') this.setAll(value as Answers, path);
    else if (field && field.type !== 'calculate' && field.type !== 'note') this.set(path, lexical(field.value_type ?? field.type, value));
  }

  find(path: string): Item | null {
    const node = this.nodeAt(path, false);
    return node ? this.wrap(node) : null;
  }

  add(roster: Roster, index?: number): Group {
    const range = this.nodes.get(roster)!;
    const at = index ?? untrack(() => range.currentState.children!.length);
    range.addInstances(at - 1, 1);
    return untrack(() => this.wrap(range.currentState.children![at]!)) as Group;
  }

  remove(roster: Roster, index: number): void {
    const range = this.nodes.get(roster)!;
    const row = untrack(() => range.currentState.children![index]);
    for (const node of this.written.keys()) if (isBelow(node, row)) this.written.delete(node);
    // The engine disposes a row before its range has lost it; who looks at it meanwhile must find nothing, not an exception.
    if (row) this.gone.add(row);
    range.removeInstances(index, 1);
  }

  hidden(): Record<string, string> {
    return untrack(() => {
      const entries = [...this.written].filter(([node, text]) => text !== '' && !node.currentState.relevant);
      const paths = entries.map(([node, text]) => [jsonPath(node.currentState.reference), text] as const);
      return Object.fromEntries(paths.sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true })));
    });
  }

  answersIn(row: Group): Record<string, string> {
    const top = this.nodes.get(row)!;
    return untrack(() => {
      const start = jsonPath(top.currentState.reference).length;
      const answers: Record<string, string> = {};
      const walk = (node: Node): void => {
        const text = node.currentState.instanceValue || this.written.get(node);
        if (text) answers[jsonPath(node.currentState.reference).slice(start)] = text;
        node.currentState.children?.forEach(walk);
      };
      walk(top);
      return answers;
    });
  }

  private nodeAt(path: string, adding: boolean): Node | null {
    return untrack(() => {
      let node: Node | undefined = this.root;
      for (const step of path.split('/').slice(1)) {
        const children: readonly Node[] = node.currentState.children ?? [];
        if (/^\d+$/.test(step) && isRange(node)) {
          const wanted = Number(step);
          // Rows are added one by one: a wrong index must not build five hundred of them.
          if (adding && wanted === children.length) node.addInstances();
          node = node.currentState.children![wanted];
        } else node = children.find((child) => child.definition.qualifiedName.localName === step);
        if (!node) return null;
      }
      return node;
    });
  }

  private longList(node: Node): Choice[] | null {
    const list = this.lists.get(untrack(() => node.currentState.reference).replace(/\[\d+\]/g, ''));
    if (!list) return null;
    const language = this.root.currentState.activeLanguage;
    const key = JSON.stringify([list, language.language]);
    let choices = this.listed.get(key);
    if (!choices) {
      const { model } = this.root.definition;
      choices = choicesIn(list, this.root.evaluator.secondaryInstancesById.get(list.instance), (id) => model.getItextElement(language, id));
      this.listed.set(key, choices);
    }
    return choices;
  }

  /** Never inside Solid's batch(): the engine's state follows at once only outside of it, and the answer is read back from there. */
  private write(node: Node, text: string): Refusal | null {
    try {
      if (node.nodeType === 'model-value') node.setValueState(text);
      else if (node.nodeType === 'trigger') node.setValue(text !== '');
      else if (node.nodeType === 'select' || node.nodeType === 'rank') {
        const options = untrack(() => node.currentState.valueOptions ?? []);
        const values = text.split(' ').filter(Boolean);
        const unknown = values.find((value) => !options.some((option) => option.value === value));
        if (unknown !== undefined && untrack(() => node.currentState.relevant)) return { problem: 'no_choice' };
        if (node.nodeType === 'rank') node.setValues(values);
        else if (node.selectType === 'select1') node.selectValue(values[0] ?? null);
        else node.selectValues(values);
      } else {
        const listed = untrack(() => this.longList(node));
        if (listed && text.split(' ').some((value) => value !== '' && !listed.some((choice) => choice.value === value))) return { problem: 'no_choice' };
        node.setValue(text);
      }
    } catch (error) {
      return { problem: 'engine', reason: error instanceof Error ? error.message : String(error) };
    }
    this.written.set(node, text);
    const lost = untrack(() => text !== '' && node.currentState.relevant && node.currentState.instanceValue === '');
    return lost ? { problem: 'not_taken' } : null;
  }

  private itemsOf(parent: Node): Item[] {
    if (this.gone.has(parent)) return [];
    return (parent.currentState.children ?? []).filter((child) => !NOT_ASKED.test(child.definition.qualifiedName.localName)).map((child) => this.wrap(child));
  }

  private wrap(node: Node): Item {
    let item = this.wrapped.get(node);
    if (!item) {
      item = this.make(node);
      this.wrapped.set(node, item);
      this.nodes.set(item, node);
    }
    return item;
  }

  private make(node: Node): Item {
    const state = node.currentState;
    const path = () => jsonPath(state.reference);
    const field = this.fields.get(untrack(path).replace(/\/\d+(?=\/|$)/g, '')) ?? null;
    const base = {
      id: node.nodeId,
      name: node.definition.qualifiedName.localName,
      field,
      appearance: new Set(node.appearances ?? []),
      label: () => textOfWords(state.label),
      markup: () => markupOfWords(state.label),
      relevant: () => state.relevant,
      path,
      row: (): Group | null => {
        for (let above = node.parent; above; above = above.parent) if (above.nodeType === 'repeat-instance') return this.wrap(above) as Group;
        return null;
      },
    };
    if (isRange(node)) {
      const rows = () => state.children!.filter((child) => !this.gone.has(child)).map((child) => this.wrap(child) as Group);
      return { ...base, kind: 'roster', rows, open: node.nodeType.endsWith(':uncontrolled') } satisfies Roster;
    }
    if (state.children) {
      const label = () => base.label() || textOfWords(state.children!.find((child) => TABLE_LABEL.test(child.definition.qualifiedName.localName))?.currentState.label ?? null);
      return { ...base, label, kind: 'group', items: () => this.itemsOf(node) } satisfies Group;
    }
    return {
      ...base,
      kind: 'question',
      type: field?.type ?? guessedType(node),
      hint: () => markupOfWords(state.hint),
      guidance: () => markupOfWords(state.hint, 'guidance'),
      media: (kind) => mediaOfWords(state.label, kind),
      range: boundsOf(node),
      parameters: field?.parameters ?? {},
      text: () => state.instanceValue ?? '',
      required: () => state.required,
      readonly: () => state.readonly,
      choices: (): Choice[] => this.longList(node) ?? (state.valueOptions ?? []).map(choiceOf),
      violation: (): Violation | null => {
        const violation = node.validationState.violation;
        if (violation) return { rule: violation.condition, message: textOfWords(violation.message) };
        // A choice that the engine itself drops (a town of another province) leaves no violation behind.
        const { required, relevant, instanceValue } = node.currentState;
        return required && relevant && instanceValue === '' ? { rule: 'required', message: '' } : null;
      },
    } satisfies Question;
  }
}

function choiceOf(option: { value: string; label: Words }): Choice {
  return {
    value: option.value,
    // Put together when it is read: of five thousand, few are.
    get label() {
      return textOfWords(option.label);
    },
    media: (kind) => mediaOfWords(option.label, kind),
  };
}

function boundsOf(node: Node): Question['range'] {
  if (node.nodeType !== 'range') return null;
  const { start, end, step } = node.definition.bounds!;
  return { start: Number(start), end: Number(end), step: Math.abs(Number(step)) || 1 };
}

function guessedType(node: Node): FieldType {
  if (node.nodeType === 'model-value') return 'hidden';
  if (node.nodeType === 'note') return 'note';
  if (node.nodeType === 'trigger') return 'acknowledge';
  if (node.nodeType === 'rank') return 'rank';
  if (node.nodeType === 'select') return node.selectType === 'select1' ? 'select_one' : 'select_multiple';
  return TYPE_OF_VALUE[node.valueType ?? ''] ?? 'text';
}

/** "中文 (zh)" → "zh" */
function codeOf(language: string): string {
  return /\(([\w-]+)\)\s*$/.exec(language)?.[1] ?? language;
}
