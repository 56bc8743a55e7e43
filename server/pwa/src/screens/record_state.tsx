// How a record stands that is no household: an icon and a word, and the address of its page.
import CircleCheck from 'lucide-solid/icons/circle-check';
import CircleDot from 'lucide-solid/icons/circle-dot';
import { Show } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import { day } from '../data/due.ts';
import { question, readable } from '../data/labels.ts';
import { now } from '../data/now.ts';
import { isInQuarantine, isOpen, type Row, text } from '../data/rows.ts';
import { isWord, t } from '../i18n/index.ts';

export const recordPath = (id: string): string => `/record/${encodeURIComponent(id)}`;

export function RecordState(props: { row: Row }) {
  const state = () => {
    const { row } = props;
    if (row.kind === 'visit') return text(row, 'outcome');
    if (row.kind !== 'quarantine_case') return text(row, 'status');
    return row.facts.released_on ? 'released' : isInQuarantine(row, day(now())) ? 'isolated' : 'over';
  };
  const words = () => {
    if (props.row.kind === 'visit') return readable(state(), question('visit', 'outcome'));
    const word = `status.${state()}`;
    const asked = readable(state(), question(props.row.kind, 'status'));
    return asked !== state() ? asked : isWord(word) ? t(word) : state();
  };
  const open = () => isOpen(props.row, day(now()));
  return (
    <Show when={state()}>
      <span class={`chip chip--${open() ? 'warn' : 'calm'}`}>
        <Dynamic component={open() ? CircleDot : CircleCheck} size={18} aria-hidden="true" />
        {words()}
      </span>
    </Show>
  );
}
