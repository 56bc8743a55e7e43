// At the top of a form that is opened again: what the office sent it back for, the way to each place it named, and what others wrote meanwhile.
import ArrowRight from 'lucide-solid/icons/arrow-right';
import MessageSquareText from 'lucide-solid/icons/message-square-text';
import { Show, untrack } from 'solid-js';
import { t } from '../i18n/index.ts';
import type { FormScreenProps } from '../forms-contract.ts';
import { Changes } from './Changes.tsx';
import type { Filling } from './filling.ts';
import type { Question } from './items.ts';
import { askedOn } from './pages.ts';
import { LooseNotes } from './ReviewPage.tsx';

interface Props extends Pick<FormScreenProps, 'form' | 'start' | 'fix'> {
  filling: Filling;
  onGo: (question: Question) => void;
}

export default function Reopened(props: Props) {
  // Where it opens is often the first place that the office named.
  const opened = untrack(() => props.filling.page().key);
  const isFirst = () => [opened, props.filling.pages()[0]?.key].includes(props.filling.page().key);
  const isSentBack = () => ['held', 'returned'].includes(props.fix?.receipt?.status ?? '');
  /** Places that the office named and nobody has touched yet, on other screens than this one: from here on, then from the beginning. */
  const elsewhere = () => {
    const pages = props.filling.pages();
    const here = pages.findIndex(({ key }) => key === props.filling.page().key);
    return [...pages.slice(here + 1), ...pages.slice(0, here)].flatMap(askedOn).filter((question) => props.filling.noteOn(question).length > 0);
  };
  return (
    <>
      <Show when={isFirst() && props.fix}>
        <p class="notice notice--warn">{t(isSentBack() ? 'form.office.fixing' : 'form.office.correcting')}</p>
        <LooseNotes filling={props.filling} />
      </Show>
      <Show when={isFirst()}><Changes form={props.form} start={props.start} /></Show>
      <Show when={elsewhere()[0]}>
        {(next) => (
          <button type="button" class="notice notice--warn notice--tap tappable form-noted" onClick={() => props.onGo(next())}>
            <MessageSquareText size={24} aria-hidden="true" />
            <strong class="grow">{t('form.office.elsewhere', { count: elsewhere().length })}</strong>
            <ArrowRight size={24} aria-hidden="true" />
          </button>
        )}
      </Show>
    </>
  );
}
