// Opens everything for the worker who is signed in, and hands it all in at the end.
import { type Databases, destroyAll, openDatabases } from './databases.ts';
import { clearDrawer, openDrawer } from './desk.ts';
import { drafts, loadDrafts } from './drafts.ts';
import { removeOldSentMedia, unsentMedia } from './media.ts';
import { closeRecords, openRecords } from './records.ts';
import { type Session, signOut } from './session.ts';
import { askToPersist } from './storage.ts';
import { closeInbox, openClock, openInbox, removeSavedDrafts, sheets } from './submissions.ts';
import { startSync, stopSync, syncNow } from './sync.ts';

let opened: Databases | null = null;

/** The lists are there when this resolves; the sync begins behind it, once the session is good. Called again after each sign-in. */
export async function openWorkingDay(current: Session): Promise<void> {
  if (opened?.worker === current.worker.id) return void syncNow(); // signed in again: go on where it stopped
  await closeWorkingDay();
  openDrawer(current.worker.id);
  opened = openDatabases(current.worker.id, current.sync.areas);
  await openClock();
  await Promise.all([openInbox(opened.inbox), loadDrafts(), openRecords(opened)]);
  await removeSavedDrafts();
  await startSync(opened);
  void askToPersist();
  void removeOldSentMedia(Date.now());
}

async function closeWorkingDay(): Promise<void> {
  await stopSync();
  closeInbox();
  closeRecords();
  opened = null;
}

/** What would be lost by wiping the phone now. */
export async function unsentWork(): Promise<{ submissions: number; photos: number; drafts: number }> {
  const waiting = sheets().filter(({ state }) => state.state === 'waiting').length;
  const photos = await unsentMedia(sheets().map(({ submission }) => submission));
  return { submissions: waiting, photos: photos.length, drafts: drafts().length };
}

/** Sends everything, then signs out and wipes. False when something could not be sent: then nothing is wiped. */
export async function handInAndSignOut(): Promise<boolean> {
  await syncNow();
  const left = await unsentWork();
  if (!opened || left.submissions > 0 || left.photos > 0) return false;
  const databases = opened;
  await closeWorkingDay();
  await clearDrawer();
  await destroyAll(databases);
  await loadDrafts();
  await signOut(); // last: the sign-in screen tells that the phone is empty
  return true;
}
