// What is used of the engine's nodes: its published types are a union of eighteen, partly `any`. And the state that they are read through.
import { createSignal, getListener } from 'solid-js';
import type { Words } from './engine_words.ts';
import type { ListElement } from './long_lists.ts';

export interface Node {
  nodeId: string;
  nodeType: string;
  valueType?: string;
  selectType?: 'select' | 'select1';
  appearances: Iterable<string> | null;
  definition: {
    qualifiedName: { localName: string };
    /** of the root */
    model: { getItextElement(language: { language: string }, id: string): Element | undefined };
    bounds?: { start: number | bigint; end: number | bigint; step: number | bigint };
  };
  /** the lists of the form; no public way leads to them */
  evaluator: { secondaryInstancesById: ReadonlyMap<string, ListElement> };
  parent: Node;
  root: Node;
  currentState: {
    reference: string;
    relevant: boolean;
    required: boolean;
    readonly: boolean;
    label: Words | null;
    hint: Words | null;
    children: readonly Node[] | null;
    instanceValue: string;
    valueOptions: readonly { value: string; label: Words }[] | null;
    activeLanguage: { language: string };
  };
  validationState: { violation: { condition: 'required' | 'constraint'; message: Words | null } | null };
  instanceState: { instanceXML: string };
  languages: readonly { language: string }[];
  setLanguage(language: { language: string }): void;
  setValue(value: string | boolean): void;
  setValues(values: string[]): void;
  selectValue(value: string | null): void;
  selectValues(values: string[]): void;
  setValueState(value: string): void;
  addInstances(afterIndex?: number, count?: number): void;
  removeInstances(startIndex: number, count?: number): void;
}

export function isRange(node: Node): boolean {
  return node.nodeType.startsWith('repeat-range');
}

export function isBelow(node: Node, top: Node | undefined): boolean {
  for (let above: Node | undefined = node; above; above = above.parent) if (above === top) return true;
  return false;
}

/** /data/members[2]/name → /members/1/name */
export function jsonPath(reference: string): string {
  return reference
    .split('/')
    .slice(2)
    .map((step) => step.replace(/^([^[]+)(?:\[(\d+)\])?$/, (_, name: string, position?: string) => (position ? `/${name}/${Number(position) - 1}` : `/${name}`)))
    .join('');
}

// A signal is made only for a property that something reactive has read: most of a form's thousand properties never are.
export const stateFactory = <T extends object>(object: T): T => {
  const state = {} as T;
  for (const key of Object.keys(object) as (keyof T)[]) {
    let value = object[key];
    let signal: ReturnType<typeof createSignal<T[keyof T]>> | null = null;
    Object.defineProperty(state, key, {
      configurable: true,
      enumerable: true,
      get() {
        if (getListener()) {
          signal ??= createSignal(value);
          return signal[0]();
        }
        return value;
      },
      set(next: T[keyof T]) {
        value = next;
        signal?.[1](() => next);
      },
    });
  }
  return state;
};
