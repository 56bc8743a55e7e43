// A code: scanned with the camera, or typed where it cannot be. The camera is on only while one scans.
import Flashlight from 'lucide-solid/icons/flashlight';
import ScanLine from 'lucide-solid/icons/scan-line';
import X from 'lucide-solid/icons/x';
import { createSignal, onCleanup, Show } from 'solid-js';
import { t } from '../../i18n/index.ts';
import { lightOf, openCamera, openReader } from '../media/barcode_reader.ts';
import type { WidgetProps } from './widget.ts';
import { TextBox } from './TextBox.tsx';
import './media.css';

const LOOK_AGAIN_MS = 120;
const BUZZ_MS = 80;

type Scan = { state: 'off' } | { state: 'starting' } | { state: 'looking'; light: ((on: boolean) => Promise<void>) | null } | { state: 'denied' } | { state: 'none' } | { state: 'failed'; reason: string };

export function Barcode(props: WidgetProps) {
  const [scan, setScan] = createSignal<Scan>({ state: 'off' });
  const [lit, setLit] = createSignal(false);
  const [found, setFound] = createSignal('');
  const text = () => props.filling.text(props.question);
  let camera!: HTMLVideoElement;
  let stream: MediaStream | null = null;
  let round = 0; // an older round that still waits for something is over

  const stop = () => {
    round += 1;
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    setLit(false);
    setScan({ state: 'off' });
  };
  onCleanup(stop);
  const hidden = () => document.visibilityState === 'hidden' && stop();
  document.addEventListener('visibilitychange', hidden);
  onCleanup(() => document.removeEventListener('visibilitychange', hidden));

  const start = async () => {
    const mine = ++round;
    setFound('');
    setScan({ state: 'starting' });
    let opened: MediaStream;
    try {
      opened = await openCamera(props.question.appearance.has('front'));
    } catch (error) {
      const { name } = error as Error;
      return mine === round && setScan({ state: name === 'NotAllowedError' || name === 'SecurityError' ? 'denied' : 'none' });
    }
    if (mine !== round) return opened.getTracks().forEach((track) => track.stop());
    stream = opened;
    camera.srcObject = opened;
    try {
      const [reader] = await Promise.all([openReader(), camera.play()]);
      if (mine !== round) return;
      setScan({ state: 'looking', light: lightOf(opened) });
      while (mine === round) {
        const seen = await reader.read(camera);
        if (mine !== round) return;
        if (seen) {
          props.filling.answer(props.question, seen);
          setFound(seen);
          navigator.vibrate?.(BUZZ_MS);
          return stop();
        }
        await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
      }
    } catch (error) {
      if (mine !== round) return;
      stop();
      setScan({ state: 'failed', reason: (error as Error).message });
    }
  };

  const on = () => scan().state === 'starting' || scan().state === 'looking';
  const light = () => {
    const now = scan();
    return now.state === 'looking' ? now.light : null;
  };
  const trouble = () => {
    const now = scan();
    if (now.state === 'denied' || now.state === 'none') return t(`form.barcode.${now.state}`);
    return now.state === 'failed' ? t('form.barcode.failed', { reason: now.reason }) : '';
  };

  return (
    <div class="stack">
      <div class="scanner" hidden={!on()}>
        <video ref={camera} muted playsinline aria-label={t('form.barcode.camera')} />
        <span class="scanner__frame" aria-hidden="true" />
        <span class="scanner__says" role="status">
          {on() ? t(scan().state === 'starting' ? 'form.barcode.starting' : 'form.barcode.looking') : ''}
        </span>
      </div>
      <Show when={!props.question.readonly()}>
        <div class="row row--wrap">
          <Show
            when={on()}
            fallback={
              <button type="button" class="button grow widget-button" classList={{ 'button--soft': !text() }} aria-describedby={props.labelledBy} onClick={() => void start()}>
                <ScanLine size={24} /> {t(text() ? 'form.barcode.again' : 'form.barcode.scan')}
              </button>
            }
          >
            <button type="button" class="button grow widget-button" onClick={stop}>
              <X size={22} /> {t('form.barcode.stop')}
            </button>
            <Show when={light()}>
              {(turn) => (
                <button type="button" class="button widget-button" aria-pressed={lit()} onClick={() => void turn()(!lit()).then(() => setLit(!lit()), () => {})}>
                  <Flashlight size={22} /> {t(lit() ? 'form.barcode.light_off' : 'form.barcode.light_on')}
                </button>
              )}
            </Show>
          </Show>
        </div>
      </Show>
      <Show when={trouble()}>
        <p class="notice notice--warn" role="alert">
          {trouble()}
        </p>
      </Show>
      <p class="visually-hidden" role="status">
        {found() ? t('form.barcode.found', { text: found() }) : ''}
      </p>
      <Show when={!props.question.readonly() && !text() && !on()}>
        <p class="soft">{t('form.barcode.typed')}</p>
      </Show>
      <TextBox {...props} />
    </div>
  );
}
