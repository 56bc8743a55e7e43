// What somebody left unsent on this phone when another one signed in after the office had ended the session: it goes on its way only when they sign in here again, so it is told until then.
import { readSetting, removeSetting, writeSetting } from './desk.ts';
import type { Session } from './session.ts';

export interface LeftBehind {
  name: string;
  username: string;
  /** forms not sent and not finished */
  count: number;
}

const SETTING = 'left_behind';
type ByWorker = Record<string, LeftBehind>;

/** `before`: who was signed in until now, and how much of theirs is only here. */
export async function noteLeftBehind(now: Session, before: Session | null, count: number): Promise<void> {
  const { [now.worker.id]: _back, ...others } = (await readSetting<ByWorker>(SETTING)) ?? {};
  const left: ByWorker = before && before.worker.id !== now.worker.id && count > 0 ? { ...others, [before.worker.id]: { name: before.worker.name, username: before.username, count } } : others;
  if (Object.keys(left).length > 0) await writeSetting(SETTING, left);
  else await removeSetting(SETTING);
}

export async function leftBehind(): Promise<LeftBehind[]> {
  return Object.values((await readSetting<ByWorker>(SETTING)) ?? {});
}
