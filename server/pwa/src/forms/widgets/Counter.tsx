// A whole number by steps of one, or typed.
import Minus from 'lucide-solid/icons/minus';
import Plus from 'lucide-solid/icons/plus';
import { t } from '../../i18n/index.ts';
import { TextBox } from './TextBox.tsx';
import type { WidgetProps } from './widget.ts';

export default function Counter(props: WidgetProps) {
  const count = () => Number(props.filling.text(props.question)) || 0;
  const step = (by: number) => props.filling.answer(props.question, String(count() + by));
  return (
    <div class="counter">
      <button type="button" class="heat__step" disabled={props.question.readonly()} aria-label={t('form.range.less', { by: 1 })} onClick={() => step(-1)}>
        <Minus size={26} />
      </button>
      <TextBox {...props} />
      <button type="button" class="heat__step" disabled={props.question.readonly()} aria-label={t('form.range.more', { by: 1 })} onClick={() => step(1)}>
        <Plus size={26} />
      </button>
    </div>
  );
}
