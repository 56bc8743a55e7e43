// The files of a form (lists, pictures, sounds): attachments of its document in the phone's own `forms` database, so they are there without a network.
import type { FormDocument } from './documents.ts';
import { formsDatabase } from './records.ts';

export class NoSuchFormFile extends Error {
  override name = 'NoSuchFormFile';
}

/** The file of this name. A form that is tried in the office carries its files in itself. */
export async function formFile(form: Pick<FormDocument, '_id' | '_attachments'>, name: string): Promise<Blob> {
  const attachment = form._attachments?.[name];
  if (!attachment) throw new NoSuchFormFile(name);
  if (attachment.data !== undefined) return blobOf(attachment.data, attachment.content_type);
  const database = formsDatabase();
  if (!database) throw new NoSuchFormFile(name);
  // In a browser a Blob, elsewhere a Buffer.
  const found = (await database.getAttachment(form._id, name)) as unknown as Blob | Uint8Array<ArrayBuffer>;
  return found instanceof Blob ? found : new Blob([found], { type: attachment.content_type });
}

function blobOf(base64: string, type: string): Blob {
  return new Blob([Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))], { type });
}
