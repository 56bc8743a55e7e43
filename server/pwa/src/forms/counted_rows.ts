// Rows that the form counts itself (repeat_count). Where the count goes down, rows vanish with all that was said in them, and a count is typed digit by
// digit: "12" on the way to "15" is "1". So what stood in vanished rows is kept by place, and put back when their places are there again.
import { untrack } from 'solid-js';
import type { Instance } from './engine.ts';
import { indexOf, isAsked, questionsOf, type Group, type Item, type Roster } from './items.ts';

/** Answers of vanished rows: path of the row → path within it → text. */
export type Vanished = Record<string, Record<string, string>>;

export class CountedRows {
  private readonly names: ReadonlySet<string>;

  constructor(
    private readonly instance: Instance,
    xform: string,
    private readonly vanished: Vanished = {},
  ) {
    this.names = namesInCounts(xform);
  }

  /** Does what may change a count. Gives how many rows with answers vanished by it. */
  around(question: string, act: () => void): number {
    if (!this.names.has(question)) {
      act();
      return 0;
    }
    const before = untrack(() => this.rows());
    act();
    return untrack(() => {
      const after = new Map(this.rows().map(({ path, answers }) => [path, answers]));
      const gone = before.filter(({ path, isAnswered }) => !after.has(path) && isAnswered);
      for (const { path, answers } of gone) this.vanished[path] = answers;
      const known = new Set(before.map(({ path }) => path));
      for (const [path, answers] of Object.entries(this.vanished)) {
        if (!after.has(path) || known.has(path)) continue;
        for (const [inside, text] of Object.entries(answers)) this.instance.set(path + inside, text);
        delete this.vanished[path];
      }
      return gone.length;
    });
  }

  /** For the draft. */
  kept(): Vanished {
    return { ...this.vanished };
  }

  private rows(): { path: string; answers: Record<string, string>; isAnswered: boolean }[] {
    return countedRosters(this.instance.items).flatMap((roster) =>
      roster.rows().map((row) => ({ path: `${roster.path()}/${indexOf(row)}`, answers: this.instance.answersIn(row), isAnswered: isAnswered(row) })),
    );
  }
}

function isAnswered(row: Group): boolean {
  return questionsOf(row.items()).some((question) => isAsked(question) && question.type !== 'note' && question.text() !== '');
}

function countedRosters(items: readonly Item[]): Roster[] {
  return items.flatMap((item): Roster[] => {
    if (item.kind === 'question' || !item.relevant()) return [];
    if (item.kind === 'group') return countedRosters(item.items());
    return [...(item.open ? [] : [item]), ...item.rows().flatMap((row) => countedRosters(row.items()))];
  });
}

/** The names of all questions that a count of rows follows from, directly or over a calculation. More than these does no harm. */
export function namesInCounts(xform: string): Set<string> {
  const calculations = new Map([...xform.matchAll(/<bind\b[^>]*>/g)].flatMap(([bind]) => {
    const nodeset = /\bnodeset="[^"]*?([\w.-]+)"/.exec(bind)?.[1];
    const calculate = /\bcalculate="([^"]*)"/.exec(bind)?.[1];
    return nodeset && calculate ? [[nodeset, calculate] as const] : [];
  }));
  const names = new Set<string>();
  const take = (expression: string) => {
    for (const [name] of expression.matchAll(/[A-Za-z_][\w.-]*/g)) {
      if (names.has(name)) continue;
      names.add(name);
      take(calculations.get(name) ?? '');
    }
  };
  for (const [, count] of xform.matchAll(/<repeat\b[^>]*?\bjr:count="([^"]*)"/g)) take(count!);
  return names;
}
