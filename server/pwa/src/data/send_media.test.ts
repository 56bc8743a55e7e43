import 'fake-indexeddb/auto';
import { beforeEach, expect, test } from 'vitest';
import { openDrawer } from './desk.ts';
import type { SubmissionDocument } from './documents.ts';
import { saveMedia, unsentMedia } from './media.ts';
import { related, sendMedia } from './send_media.ts';
import { OutOfReach } from './session.ts';

const note = (name: string, type: string, text: string) => ({ question: '/door/sound', name, type, bytes: text.length, sha256: 'a'.repeat(64), blob: new Blob([text], { type }) });
const submission = { _id: 'submission:1', media: [{ name: 'a.jpg' }, { name: 'b.webm' }, { name: 'c.pdf' }] } as SubmissionDocument;
const unsent = async () => (await unsentMedia([submission])).map(({ name }) => name);
let worker = 0;

beforeEach(async () => {
  openDrawer(`w${++worker}`);
  for (const media of [note('a.jpg', 'image/jpeg', 'photo'), note('b.webm', 'video/webm', 'film'), note('c.pdf', 'application/pdf', 'paper')]) await saveMedia(media);
});

test('a file is one body: the document, then its bytes as they are', async () => {
  const { body, type } = related({ ...note('a.jpg', 'image/jpeg', 'ph\r\no'), submission: 'submission:1' });
  const boundary = /boundary="(\w+)"/.exec(type)![1]!;
  const [, document, bytes, end] = (await body.text()).split(`--${boundary}`);
  expect(JSON.parse(document!.split('\r\n\r\n')[1]!)).toMatchObject({ _id: 'media:a.jpg', submission: 'submission:1', _attachments: { 'a.jpg': { follows: true, content_type: 'image/jpeg', length: 5 } } });
  expect(bytes!.split('\r\n\r\n')[1]).toBe('ph\r\no\r\n'); // the last line break belongs to the boundary
  expect(end).toBe('--');
});

test('one that the server turns away holds up no other, and is said at the end', async () => {
  const asked: string[] = [];
  const centre = async (input: string) => {
    asked.push(decodeURIComponent(input));
    return input.includes('b.webm') ? Response.json({ error: 'too_large', reason: 'attachment_too_large' }, { status: 413 }) : new Response('{}', { status: input.includes('c.pdf') ? 409 : 201 });
  };
  const all = await unsentMedia([submission]);
  await expect(sendMedia('http://centre/sync/media-w1', centre, all)).rejects.toMatchObject({ status: 413, message: 'attachment_too_large' });
  expect(asked).toEqual(['a.jpg', 'b.webm', 'c.pdf'].map((name) => `http://centre/sync/media-w1/media:${name}`));
  expect(await unsent()).toEqual(['b.webm']);
});

test('without a network nothing more is tried, and nothing counts as sent', async () => {
  let tries = 0;
  const nobody = async () => {
    tries += 1;
    throw new OutOfReach('Failed to fetch');
  };
  await expect(sendMedia('http://centre/sync/media-w1', nobody, await unsentMedia([submission]))).rejects.toThrow(OutOfReach);
  expect(tries).toBe(1);
  expect(await unsent()).toHaveLength(3);
});

test('a large file is given the time that a slow network takes', async () => {
  const allowed: number[] = [];
  const big = { ...note('a.jpg', 'video/mp4', 'film'), bytes: 50_000_000, submission: 'submission:1' };
  await sendMedia('http://centre/sync/media-w1', async () => new Response('{}', { status: 201 }), [big], (seconds) => allowed.push(seconds));
  expect(allowed).toEqual([5_090]);
});
