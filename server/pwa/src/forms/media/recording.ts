// Recording a sound with the phone's microphone: its type and quality, its loudness while it runs, and what it is cut off by.
import { AUDIO_BYTES_MAX, AUDIO_SECONDS_MAX, bytesMaxOf } from './files.ts';

// Chromium records the first, Safari the second; every browser of the last years plays both.
const TYPES = ['audio/webm;codecs=opus', 'audio/mp4', 'audio/ogg;codecs=opus'];
// XLSForm's `quality` of an audio question, in bits a second.
const BITS: Record<string, number> = { 'voice-only': 16_000, low: 24_000, normal: 64_000 };
const CHUNK_MS = 1_000;
/** A recording that the phone dies in is on the disk up to here. */
const KEPT_EVERY_SECONDS = 15;
const LEVEL_MS = 100;

export interface Recording {
  stop(): void;
}

interface Heard {
  level(of1: number): void;
  seconds(so_far: number): void;
  /** what is recorded so far; `ended`: all of it */
  kept(blob: Blob, ended: boolean): void;
}

export function canRecord(): boolean {
  return typeof MediaRecorder !== 'undefined' && navigator.mediaDevices?.getUserMedia !== undefined;
}

export function bitsOf(parameters: Record<string, string> | undefined): number {
  return BITS[parameters?.['quality'] ?? ''] ?? BITS['low']!;
}

/** Asks for the microphone; rejects when it may not be used. */
export async function record(parameters: Record<string, string> | undefined, heard: Heard): Promise<Recording> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: false, noiseSuppression: true } });
  const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
  const recorder = new MediaRecorder(stream, { ...(mimeType ? { mimeType } : {}), audioBitsPerSecond: bitsOf(parameters) });
  const chunks: Blob[] = [];
  const bytesMax = bytesMaxOf(AUDIO_BYTES_MAX);
  const begun = performance.now();
  let bytes = 0;
  let keptAt = 0;
  const stop = () => recorder.state !== 'inactive' && recorder.stop();
  recorder.ondataavailable = ({ data }) => {
    if (data.size === 0) return;
    chunks.push(data);
    bytes += data.size;
    const seconds = (performance.now() - begun) / 1000;
    if (seconds - keptAt >= KEPT_EVERY_SECONDS && recorder.state === 'recording') {
      keptAt = seconds;
      heard.kept(new Blob(chunks, { type: recorder.mimeType }), false);
    }
    if (bytes >= bytesMax - (bytes / chunks.length) * 2 || seconds >= AUDIO_SECONDS_MAX) stop();
  };
  const quiet = listen(stream, heard.level);
  const timer = setInterval(() => heard.seconds((performance.now() - begun) / 1000), LEVEL_MS);
  // A screen that goes dark may take the microphone or the page: what is recorded is kept now.
  const hidden = () => document.visibilityState === 'hidden' && stop();
  document.addEventListener('visibilitychange', hidden);
  recorder.onstop = () => {
    clearInterval(timer);
    quiet();
    document.removeEventListener('visibilitychange', hidden);
    stream.getTracks().forEach((track) => track.stop());
    heard.kept(new Blob(chunks, { type: recorder.mimeType }), true);
  };
  stream.getAudioTracks()[0]?.addEventListener('ended', stop);
  recorder.start(CHUNK_MS);
  return { stop };
}

/** Tells the loudness from 0 to 1 until the function that it gives is called. */
function listen(stream: MediaStream, level: (of1: number) => void): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 512;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    level(loudness(samples));
  }, LEVEL_MS);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}

/** From the root mean square, on a scale of decibels from −60 to 0. */
export function loudness(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < samples.length; index++) sum += samples[index]! ** 2;
  const decibels = 10 * Math.log10(sum / Math.max(1, samples.length) + 1e-12);
  return Math.min(1, Math.max(0, (decibels + 60) / 60));
}

/** 75 → "1:15" */
export function clockOf(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
}
