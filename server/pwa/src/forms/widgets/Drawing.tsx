// Drawing with a finger: a signature, a sketch, or strokes over a photo. After each stroke the picture is on the disk; what was drawn before is what one goes on from.
import Eraser from 'lucide-solid/icons/eraser';
import Undo2 from 'lucide-solid/icons/undo-2';
import { createEffect, createSignal, For, onMount, Show, untrack } from 'solid-js';
import { t, type Key } from '../../i18n/index.ts';
import { canvasBlob, opened } from '../media/photos.ts';
import { draw, extend, type Stroke } from '../media/strokes.ts';
import type { WidgetProps } from './widget.ts';
import { Failure, keptFile, type KeptFile } from './kept_file.tsx';

type Kind = 'signature' | 'draw' | 'annotate';

// In pixels of the canvas; it is shown at a third to a half of them.
const SIZE: Record<Kind, { width: number; height: number }> = { signature: { width: 1200, height: 600 }, draw: { width: 1200, height: 1200 }, annotate: { width: 0, height: 0 } };
const PEN = { thin: 14, thick: 36 };
const PAPER = '#ffffff';
const COLOURS: { name: Key; colour: string }[] = [
  { name: 'form.draw.black', colour: '#10181f' },
  { name: 'form.draw.red', colour: '#d0211c' },
  { name: 'form.draw.blue', colour: '#0b5cad' },
  { name: 'form.draw.white', colour: '#ffffff' },
];

/** Appearances `signature` and `draw` of an image question. */
export function Drawing(props: WidgetProps) {
  const file = keptFile(props);
  return (
    <div class="stack">
      <Canvas {...props} file={file} kind={props.question.appearance.has('signature') ? 'signature' : 'draw'} />
      <Failure text={file.failure()} />
    </div>
  );
}

export function Canvas(props: WidgetProps & { file: KeptFile; kind: Kind }) {
  let canvas!: HTMLCanvasElement;
  const pen = () => canvas.getContext('2d')!;
  const [strokes, setStrokes] = createSignal<Stroke[]>([]);
  const [colour, setColour] = createSignal(props.kind === 'annotate' ? COLOURS[1]!.colour : COLOURS[0]!.colour);
  const [thick, setThick] = createSignal(false);
  let before: ImageBitmap | null = null; // what was kept when the canvas opened
  let ours = ''; // the name of what this canvas itself has kept
  let writing: Promise<void> = Promise.resolve();
  let current: Stroke | null = null;
  const [cleared, setCleared] = createSignal<{ strokes: Stroke[]; before: ImageBitmap | null } | null>(null);

  const isBlank = () => props.file.name() === '';
  const type = props.kind === 'annotate' ? 'image/jpeg' : 'image/png';
  const width = () => (thick() ? PEN.thick : PEN.thin) * (props.kind === 'annotate' ? canvas.width / 1200 : 1);

  const paint = () => {
    pen().fillStyle = PAPER;
    pen().fillRect(0, 0, canvas.width, canvas.height);
    if (before) pen().drawImage(before, 0, 0, canvas.width, canvas.height);
    for (const stroke of untrack(strokes)) draw(pen(), stroke);
  };

  onMount(() => {
    Object.assign(canvas, SIZE[props.kind]);
    if (props.kind !== 'annotate') paint();
  });

  // A draft's picture, or a photo taken anew, is what one draws on; a picture of this canvas's own is not read back.
  createEffect(() => {
    const stored = props.file.stored();
    if (untrack(props.file.busy) && stored) ours = stored.name;
    if (!stored || stored.name !== props.file.name() || stored.name === ours) return;
    void opened(stored.blob).then((picture) => {
      before = picture;
      setStrokes([]);
      if (props.kind === 'annotate') Object.assign(canvas, { width: picture.width, height: picture.height });
      paint();
    }, () => props.file.say(t('form.media.not_an_image')));
  });

  const keep = () => {
    writing = writing.then(async () => {
      await props.file.keep(async () => ({ blob: await canvasBlob(canvas, type) }));
      ours = untrack(props.file.name);
    });
  };
  const place = (event: PointerEvent) => {
    const box = canvas.getBoundingClientRect();
    return { x: ((event.clientX - box.left) / box.width) * canvas.width, y: ((event.clientY - box.top) / box.height) * canvas.height };
  };
  const begin = (event: PointerEvent) => {
    if (current || event.button > 0 || props.question.readonly()) return; // one finger draws; the palm that comes after does not
    canvas.setPointerCapture(event.pointerId);
    current = { colour: colour(), width: width(), points: [place(event)] };
    draw(pen(), current);
  };
  const go = (event: PointerEvent) => {
    if (!current || !canvas.hasPointerCapture(event.pointerId)) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length > 0 ? events : [event]) extend(current, place(each));
    paint();
    draw(pen(), current);
  };
  const end = (event: PointerEvent) => {
    if (!current || !canvas.hasPointerCapture(event.pointerId)) return;
    setStrokes([...strokes(), current]);
    setCleared(null);
    current = null;
    paint();
    keep();
  };
  const undo = () => {
    const back = cleared();
    if (back) before = back.before;
    setStrokes(back ? back.strokes : strokes().slice(0, -1));
    setCleared(null);
    paint();
    if (strokes().length === 0 && !before) void (writing = writing.then(() => props.file.remove()));
    else keep();
  };
  const clear = () => {
    setCleared({ strokes: strokes(), before });
    setStrokes([]);
    if (props.kind === 'annotate') {
      paint();
      return keep();
    }
    before = null;
    paint();
    void (writing = writing.then(() => props.file.remove()));
  };

  const hint = () => t(props.kind === 'signature' ? 'form.draw.sign_here' : 'form.draw.draw_here');
  const name = () => (isBlank() ? hint() : t(props.kind === 'signature' ? 'form.draw.canvas_signed' : 'form.draw.canvas_drawn'));
  return (
    <div class="stack drawing" classList={{ 'drawing--signature': props.kind === 'signature' }}>
      <div class="drawing__paper">
        <canvas ref={canvas} role="img" aria-label={name()} aria-describedby={props.labelledBy} onPointerDown={begin} onPointerMove={go} onPointerUp={end} onPointerCancel={end} />
        <Show when={isBlank() && strokes().length === 0}>
          <span class="drawing__hint" aria-hidden="true">
            {hint()}
          </span>
        </Show>
      </div>
      <Show when={!props.question.readonly()}>
        <Show when={props.kind !== 'signature'}>
          <div class="drawing__tools" role="group" aria-label={t('form.draw.colour')}>
            <For each={COLOURS}>
              {(each) => (
                <button type="button" class="drawing__colour" data-colour={each.colour} aria-label={t(each.name)} aria-pressed={colour() === each.colour} onClick={() => setColour(each.colour)}>
                  <svg viewBox="0 0 32 32" aria-hidden="true">
                    <circle cx="16" cy="16" r="13" fill={each.colour} stroke="currentColor" stroke-width="1.5" />
                  </svg>
                </button>
              )}
            </For>
            <button type="button" class="drawing__colour" aria-label={t('form.draw.thick')} aria-pressed={thick()} onClick={() => setThick(!thick())}>
              <svg viewBox="0 0 32 32" aria-hidden="true">
                <path d="M6 24C12 8 18 26 26 9" fill="none" stroke="currentColor" stroke-width="7" stroke-linecap="round" />
              </svg>
            </button>
          </div>
        </Show>
        <div class="row">
          <button type="button" class="button widget-button grow" disabled={strokes().length === 0 && !cleared()} onClick={undo}>
            <Undo2 size={22} /> {t('form.draw.undo')}
          </button>
          <button type="button" class="button widget-button grow" disabled={props.kind === 'annotate' ? strokes().length === 0 : isBlank()} onClick={clear}>
            <Eraser size={22} /> {t('form.draw.clear')}
          </button>
        </div>
      </Show>
    </div>
  );
}
