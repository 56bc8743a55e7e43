// Opens everything for the worker who is signed in, and hands it all in at the end.
import { areasOnDisk, type Databases, destroyAll, openDatabases } from './databases.ts';
import { clearDrawer, openDrawer } from './desk.ts';
import { drafts, loadDrafts } from './drafts.ts';
import { removeOldSentMedia, unsentMedia } from './media.ts';
import { closeRecords, openRecords } from './records.ts';
import { type Session, sessionState, signOut } from './session.ts';
import { askToPersist } from './storage.ts';
import { closeInbox, openClock, openInbox, removeSavedDrafts, sheets } from './submissions.ts';
import { startSync, stopSync, syncNow } from './sync.ts';
import { giveUpAreas, loadTakenAway } from './taken_away.ts';

let opened: Databases | null = null;

/** The lists are there when this resolves; the sync begins behind it, once the session is good. Called again after each sign-in. */
export async function openWorkingDay(current: Session): Promise<void> {
  if (opened?.worker === current.worker.id) return void syncNow(); // signed in again: go on where it stopped
  await closeWorkingDay();
  openDrawer(current.worker.id);
  const areas = sessionState().state === 'handing_in' ? [] : current.sync.areas;
  // Also those whose wipe was cut short: they are opened once more, so that the person can be told their names, and go.
  opened = openDatabases(current.worker.id, [...new Set([...areas, ...(await areasOnDisk(current.worker.id))])]);
  await openClock();
  await Promise.all([openInbox(opened.inbox), loadDrafts(), openRecords(opened), loadTakenAway(current.worker.id)]);
  await giveUpAreas(opened, areas);
  await removeSavedDrafts();
  await startSync(opened);
  void askToPersist();
  void removeOldSentMedia(Date.now());
}

/** What is open, for handing it in. */
export function workingDay(): Databases | null {
  return opened;
}

export async function closeWorkingDay(): Promise<void> {
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
  await clearPhone(opened);
  await signOut(); // last: the sign-in screen tells that the phone is empty
  return true;
}

/** Everything of this worker goes from the phone. */
export async function clearPhone(databases: Databases): Promise<void> {
  await closeWorkingDay();
  await clearDrawer();
  await destroyAll(databases);
  await loadDrafts();
}
