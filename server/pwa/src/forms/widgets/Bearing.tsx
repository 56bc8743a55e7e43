// Which way the phone looks, in degrees from north, by its compass; typed where there is none.
import Compass from 'lucide-solid/icons/compass';
import { createSignal, onCleanup, Show } from 'solid-js';
import { t } from '../../i18n/index.ts';
import { TextBox } from './TextBox.tsx';
import type { WidgetProps } from './widget.ts';

const WAIT_MS = 3_000;

/** What browsers say beside the standard: iOS the heading itself, and that it has to be asked for leave. */
type Turned = DeviceOrientationEvent & { webkitCompassHeading?: number };
type Asking = { requestPermission?: () => Promise<string> };

export default function Bearing(props: WidgetProps) {
  const [state, setState] = createSignal<'idle' | 'reading' | 'none'>('idle');
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    clearTimeout(timer);
    removeEventListener('deviceorientationabsolute', turned as EventListener);
    removeEventListener('deviceorientation', turned as EventListener);
  };
  onCleanup(stop);
  const turned = (event: Turned) => {
    const degrees = event.webkitCompassHeading ?? (event.absolute && event.alpha !== null ? 360 - event.alpha : null);
    if (degrees === null) return;
    stop();
    setState('idle');
    props.filling.answer(props.question, String(Math.round((degrees % 360) * 10) / 10));
  };
  const read = async () => {
    stop();
    const allowed = await (globalThis.DeviceOrientationEvent as unknown as Asking | undefined)?.requestPermission?.().catch(() => 'denied');
    if (!('DeviceOrientationEvent' in globalThis) || allowed === 'denied') return setState('none');
    setState('reading');
    addEventListener('deviceorientationabsolute', turned as EventListener);
    addEventListener('deviceorientation', turned as EventListener);
    timer = setTimeout(() => {
      stop();
      setState('none');
    }, WAIT_MS);
  };
  return (
    <div class="stack">
      <div class="counter">
        <TextBox {...props} />
        <button type="button" class="button widget-button" disabled={props.question.readonly() || state() === 'reading'} onClick={() => void read()}>
          <Compass size={24} /> {t(state() === 'reading' ? 'form.bearing.reading' : 'form.bearing.read')}
        </button>
      </div>
      <Show when={state() === 'none'}>
        <p class="notice notice--warn" role="status">
          {t('form.bearing.none')}
        </p>
      </Show>
    </div>
  );
}
