// Reads codes in what the camera sees: by the browser's own detector where it has one, else by ZXing as WebAssembly, fetched when first needed.
// Android's detector needs Google's services, which many phones here do not have: both ways are used every day.

export interface Reader {
  /** the text of a code in this frame, or null */
  read(camera: HTMLVideoElement): Promise<string | null>;
}

interface Detector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}
interface DetectorClass {
  new (options?: { formats: string[] }): Detector;
  getSupportedFormats(): Promise<string[]>;
}

const FRAME_PIXELS_MAX = 1280; // on its longer side: more is slower and reads no better

export async function openReader(): Promise<Reader> {
  return (await ownReader()) ?? (await zxingReader());
}

async function ownReader(): Promise<Reader | null> {
  const own = (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
  try {
    const formats = (await own?.getSupportedFormats()) ?? [];
    if (!own || !formats.includes('qr_code')) return null; // it is there, and its service is not
    const detector = new own({ formats: formats.filter((format) => format !== 'unknown') });
    return { read: async (camera) => (await detector.detect(camera))[0]?.rawValue || null };
  } catch {
    return null;
  }
}

async function zxingReader(): Promise<Reader> {
  const [{ prepareZXingModule, readBarcodes }, { default: address }] = await Promise.all([import('zxing-wasm/reader'), import('zxing-wasm/reader/zxing_reader.wasm?url')]);
  await prepareZXingModule({ overrides: { locateFile: () => address }, fireImmediately: true });
  const canvas = document.createElement('canvas');
  const pen = canvas.getContext('2d', { willReadFrequently: true })!;
  return {
    async read(camera) {
      const scale = Math.min(1, FRAME_PIXELS_MAX / Math.max(camera.videoWidth, camera.videoHeight));
      if (!camera.videoWidth) return null;
      canvas.width = Math.round(camera.videoWidth * scale);
      canvas.height = Math.round(camera.videoHeight * scale);
      pen.drawImage(camera, 0, 0, canvas.width, canvas.height);
      const [found] = await readBarcodes(pen.getImageData(0, 0, canvas.width, canvas.height), { tryHarder: true, maxNumberOfSymbols: 1 });
      return found?.isValid ? found.text || null : null;
    },
  };
}

/** Opens the camera at the back, or at the front; rejects when it may not be used or there is none. */
export function openCamera(front: boolean): Promise<MediaStream> {
  if (!navigator.mediaDevices?.getUserMedia) return Promise.reject(new DOMException('no camera', 'NotFoundError'));
  return navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: { ideal: front ? 'user' : 'environment' }, width: { ideal: 1280 }, height: { ideal: 720 } } });
}

/** The camera's light, where it has one that can be turned on. */
export function lightOf(stream: MediaStream): ((on: boolean) => Promise<void>) | null {
  const track = stream.getVideoTracks()[0];
  const able = track?.getCapabilities?.() as { torch?: boolean } | undefined;
  return track && able?.torch ? (on) => track.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] }) : null;
}
