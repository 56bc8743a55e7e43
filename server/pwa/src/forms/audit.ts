// The log that a form with an `audit` row asks for: when each question was seen and left, in the columns of ODK Collect's audit.csv. Pure, but for where the phone is.
//
// event,node,start,end[,latitude,longitude,accuracy][,old-value,new-value][,user]: times in milliseconds since 1970, nodes as XPath with the rows counted from 1.
import type { FormDocument, FormField } from '../data/documents.ts';

export interface AuditEvent {
  event: 'form start' | 'form resume' | 'form save' | 'form exit' | 'form finalize' | 'question' | 'group questions' | 'add repeat' | 'delete repeat' | 'end screen';
  /** JSON path; "" for the form */
  at: string;
  start: number;
  end: number | null;
  fix?: Fix;
  before?: string;
  after?: string;
}

export interface Fix {
  latitude: number;
  longitude: number;
  accuracy: number;
  taken: number;
}

export interface Seen {
  path: string;
  text: string;
}

const EVENTS_MAX = 20_000; // of one form: some days of work; what comes after is not logged

export class Audit {
  /** seconds, when the form asks for positions */
  readonly location: { interval: number; age: number; accurate: boolean } | null;
  private readonly tracksChanges: boolean;
  private readonly identifiesUser: boolean;
  private fix: Fix | null = null;
  private open: { start: number; at: string; seen: Map<string, string> } | null = null;

  constructor(
    field: FormField,
    private readonly root: string,
    private readonly now: () => number,
    private readonly events: AuditEvent[],
  ) {
    const asked = field.parameters ?? {};
    const number = (name: string, otherwise: number) => Number(asked[name]) || otherwise;
    this.location = asked['location-priority'] ? { interval: number('location-min-interval', 20), age: number('location-max-age', 60), accurate: asked['location-priority'] === 'high-accuracy' } : null;
    this.tracksChanges = asked['track-changes'] === 'true';
    this.identifiesUser = asked['identify-user'] === 'true';
  }

  happened(event: AuditEvent['event'], at = ''): void {
    const time = this.now();
    this.log({ event, at, start: time, end: null });
  }

  /** A screen with these questions is shown; `at` is where it stands in the form. */
  shown(at: string, questions: readonly Seen[]): void {
    this.open = { start: this.now(), at, seen: new Map(questions.map(({ path, text }) => [path, text])) };
  }

  /** That screen is left with these answers. */
  left(questions: readonly Seen[]): void {
    const { open } = this;
    this.open = null;
    if (!open) return;
    const end = this.now();
    if (open.seen.size > 1) this.log({ event: 'group questions', at: open.at, start: open.start, end });
    for (const { path, text } of questions) {
      const before = open.seen.get(path) ?? '';
      this.log({ event: 'question', at: path, start: open.start, end, ...(this.tracksChanges && before !== text ? { before, after: text } : {}) });
    }
  }

  isAt(fix: Fix): void {
    this.fix = fix;
  }

  /** For the draft: what was logged so far. */
  kept(): AuditEvent[] {
    return this.events.map((event) => ({ ...event }));
  }

  csv(user: string): string {
    const columns = ['event', 'node', 'start', 'end', ...(this.location ? ['latitude', 'longitude', 'accuracy'] : []), ...(this.tracksChanges ? ['old-value', 'new-value'] : []), ...(this.identifiesUser ? ['user'] : [])];
    const rows = this.events.map(({ event, at, start, end, fix, before, after }) => [
      event,
      at ? xpath(this.root, at) : '',
      start,
      end ?? '',
      ...(this.location ? [fix?.latitude ?? '', fix?.longitude ?? '', fix?.accuracy ?? ''] : []),
      ...(this.tracksChanges ? [before ?? '', after ?? ''] : []),
      ...(this.identifiesUser ? [user] : []),
    ]);
    return [columns, ...rows].map((row) => row.map(cell).join(',')).join('\n') + '\n';
  }

  private log(event: AuditEvent): void {
    if (this.events.length >= EVENTS_MAX) return;
    const fresh = this.location && this.fix && event.start - this.fix.taken <= this.location.age * 1000;
    this.events.push(fresh ? { ...event, fix: this.fix! } : event);
  }
}

/** The field that asks for a log, if the form has one. */
export function auditField(form: Pick<FormDocument, 'fields'>): FormField | null {
  return form.fields.find((field) => field.path === '/meta')?.fields?.find((field) => field.preload === 'audit') ?? null;
}

/** What the form calls its root element. */
export function rootOf(xform: string): string {
  return /<instance>\s*<([^\s/>]+)/.exec(xform)?.[1] ?? 'data';
}

/** /members/0/name → /data/members[1]/name */
function xpath(root: string, path: string): string {
  return `/${root}${path.replace(/#.*$/, '').replace(/\/(\d+)(?=\/|$)/g, (_, row: string) => `[${Number(row) + 1}]`)}`;
}

function cell(value: string | number): string {
  const text = String(value);
  return /[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}
