// A sound: recorded here or chosen, heard again, taken away. While it records one sees that it hears, and for how long.
import FileMusic from 'lucide-solid/icons/file-music';
import Mic from 'lucide-solid/icons/mic';
import Square from 'lucide-solid/icons/square';
import { createSignal, onCleanup, Show } from 'solid-js';
import { t } from '../../i18n/index.ts';
import { AUDIO_BYTES_MAX, AUDIO_SECONDS_MAX, bytesMaxOf, checkSize, megabytes, NotKept, typeOf } from '../media/files.ts';
import { canRecord, clockOf, record, type Recording } from '../media/recording.ts';
import type { WidgetProps } from './widget.ts';
import { Failure, FileButton, Here, KeptNote, keptFile, RemoveButton } from './kept_file.tsx';

type State = { state: 'still' } | { state: 'asking' } | { state: 'recording'; recording: Recording } | { state: 'denied' } | { state: 'none' };

export function Sound(props: WidgetProps) {
  const file = keptFile(props);
  const [state, setState] = createSignal<State>({ state: 'still' });
  const [level, setLevel] = createSignal(0);
  const [seconds, setSeconds] = createSignal(0);
  const bytesMax = bytesMaxOf(AUDIO_BYTES_MAX);
  const parameters = () => props.question.field?.parameters;
  let keeping: Promise<void> = Promise.resolve();
  let gone = false;

  const recording = () => {
    const now = state();
    return now.state === 'recording' ? now.recording : null;
  };
  onCleanup(() => {
    gone = true;
    recording()?.stop(); // a page that is left keeps what was said
  });

  const start = async () => {
    if (!canRecord()) return setState({ state: 'none' });
    setState({ state: 'asking' });
    setLevel(0);
    setSeconds(0);
    file.say('');
    try {
      const made = await record(parameters(), {
        level: setLevel,
        seconds: setSeconds,
        kept: (blob, ended) => {
          if (ended) setState({ state: 'still' });
          keeping = keeping.then(() => file.keep(() => Promise.resolve({ blob })));
        },
      });
      if (gone) return made.stop();
      setState({ state: 'recording', recording: made });
    } catch (error) {
      const { name } = error as Error;
      setState({ state: name === 'NotAllowedError' || name === 'SecurityError' ? 'denied' : 'none' });
    }
  };

  const choose = (sound: File) =>
    void file.keep(async () => {
      checkSize(sound, bytesMax);
      // A phone's recorder writes sounds that its browser calls films (3gp, mp4).
      if (!/^(audio|video)\//.test(typeOf(sound))) throw new NotKept('not_a_sound');
      return { blob: sound, original: sound.name };
    });
  const off = () => file.busy() || props.question.readonly();

  return (
    <div class="stack">
      <Show when={!recording()}>
        <Here file={file}>
          <audio class="player" controls preload="metadata" src={file.address()} aria-labelledby={props.labelledBy} onLoadedMetadata={knowLength} onError={() => file.address() && file.say(t('form.media.not_a_sound'))} />
          <KeptNote file={file} />
        </Here>
      </Show>
      <Show
        when={recording()}
        fallback={
          <div class="row row--wrap">
            <Show when={parameters()?.['quality'] !== 'external'}>
              <button type="button" class="button grow widget-button" classList={{ 'button--soft': !file.name() }} disabled={off() || state().state === 'asking'} aria-describedby={props.labelledBy} onClick={() => void start()}>
                <Mic size={22} /> {t(file.name() ? 'form.audio.again' : 'form.audio.record')}
              </button>
            </Show>
            <FileButton accept="audio/*" labelledBy={props.labelledBy} disabled={off()} onFile={choose}>
              <FileMusic size={22} /> {t('form.audio.choose')}
            </FileButton>
            <Show when={!props.question.readonly()}>
              <RemoveButton file={file} />
            </Show>
          </div>
        }
      >
        {(now) => (
          <div class="stack">
            <p role="status" class="soft">
              {t('form.audio.recording', { minutes: AUDIO_SECONDS_MAX / 60 })}
            </p>
            <meter class="loudness" min="0" max="1" value={level()} aria-label={t('form.audio.level')} />
            <button type="button" class="button button--main widget-button" onClick={() => now().stop()}>
              <Square size={22} /> {t('form.audio.stop', { time: clockOf(seconds()) })}
            </button>
          </div>
        )}
      </Show>
      <Show when={!file.name() && state().state === 'still'}>
        <p class="soft">{t('form.media.limit', { most: megabytes(bytesMax) })}</p>
      </Show>
      <Show when={state().state === 'denied' || state().state === 'none'}>
        <p class="notice notice--warn" role="status">
          {t(state().state === 'denied' ? 'form.audio.denied' : 'form.audio.none')}
        </p>
      </Show>
      <Failure text={file.failure()} />
    </div>
  );
}

/** What MediaRecorder writes does not say how long it is: the player finds it out at the end. */
export function knowLength(event: { currentTarget: HTMLMediaElement }): void {
  const player = event.currentTarget;
  if (player.duration !== Infinity) return;
  player.addEventListener('durationchange', () => (player.currentTime = 0), { once: true });
  player.currentTime = Number.MAX_SAFE_INTEGER;
}
