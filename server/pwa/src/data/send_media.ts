// Sends photos, sounds, videos and files: each is one document with one attachment, as multipart/related, so that the bytes go from the phone's disk
// as they are, never through memory as base64. After the text, so that they never hold up text.
import { type KeptMedia, markSent } from './media.ts';
import { OutOfReach, SessionEnded } from './session.ts';

export type Fetching = (input: string, init: RequestInit, secondsMax?: number) => Promise<Response>;
export type Unsent = KeptMedia & { submission: string };

const SLOWEST_BYTES_A_SECOND = 10_000; // of a network at the edge of its reach
const SECONDS_MIN = 90;

/** One that is turned away does not hold up the others; the first failure is thrown at the end, no reach at once. `beforeEach` is told how long it may take. */
export async function sendMedia(database: string, fetching: Fetching, all: readonly Unsent[], beforeEach: (secondsMax: number) => void = () => {}): Promise<void> {
  let failed: unknown;
  for (const media of all)
    try {
      const secondsMax = SECONDS_MIN + media.bytes / SLOWEST_BYTES_A_SECOND;
      beforeEach(secondsMax);
      await sendOne(database, fetching, media, secondsMax);
      await markSent(media.name);
    } catch (error) {
      if (error instanceof OutOfReach || error instanceof SessionEnded) throw error;
      failed ??= error;
    }
  if (failed) throw failed;
}

async function sendOne(database: string, fetching: Fetching, media: Unsent, secondsMax: number): Promise<void> {
  await media.blob.slice(0, 1).arrayBuffer(); // a file that the phone's disk has lost is said to be that, and no failure of the network
  const { body, type } = related(media);
  const response = await fetching(`${database}/${encodeURIComponent(`media:${media.name}`)}`, { method: 'PUT', body, headers: { 'Content-Type': type, Accept: 'application/json' } }, secondsMax);
  if (response.ok || response.status === 409) return; // 409: it is there already
  const { reason = response.statusText } = (await response.json().catch(() => ({}))) as { reason?: string };
  throw Object.assign(new Error(reason), { status: response.status });
}

/** The document and its bytes as one body. */
export function related({ blob, name, type, question, sha256, bytes, submission }: Unsent): { body: Blob; type: string } {
  const boundary = crypto.randomUUID().replaceAll('-', '');
  const document = { _id: `media:${name}`, type: 'media', name, question, sha256, bytes, submission, _attachments: { [name]: { follows: true, content_type: type, length: bytes } } };
  const head = `--${boundary}\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(document)}\r\n--${boundary}\r\nContent-Disposition: attachment; filename="${name}"\r\nContent-Type: ${type}\r\nContent-Length: ${bytes}\r\n\r\n`;
  return { body: new Blob([head, blob, `\r\n--${boundary}--`]), type: `multipart/related; boundary="${boundary}"` };
}
