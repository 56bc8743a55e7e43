// "I have read this": one big box to tick.
import { t } from '../../i18n/index.ts';
import type { WidgetProps } from './widget.ts';

export function Acknowledge(props: WidgetProps) {
  const on = () => props.filling.text(props.question) !== '';
  return (
    <button
      type="button"
      class="choice choice--several choice--wide"
      classList={{ 'choice--on': on() }}
      role="checkbox"
      aria-checked={on()}
      aria-labelledby={props.labelledBy}
      disabled={props.question.readonly()}
      onClick={() => props.filling.answer(props.question, on() ? '' : 'OK')}
    >
      <span class="choice__mark" aria-hidden="true" />
      <span class="choice__word">{t('form.acknowledge')}</span>
    </button>
  );
}
