import 'fake-indexeddb/auto';
import { expect, test } from 'vitest';
import { leftBehind, noteLeftBehind } from './left_behind.ts';
import type { Session } from './session.ts';

const signedIn = (id: string, name: string): Session => ({ username: `u${id}`, worker: { id, name, roles: [], areas: [] } }) as unknown as Session;
const fang = signedIn('w1', '王芳');
const qiang = signedIn('w2', '李志强');

test('what one left unsent is told to whoever has the phone now, until they sign in on it again', async () => {
  await noteLeftBehind(qiang, fang, 3);
  expect(await leftBehind()).toEqual([{ name: '王芳', username: 'uw1', count: 3 }]);
  await noteLeftBehind(qiang, qiang, 2); // signed in again themselves
  expect(await leftBehind()).toHaveLength(1);
  await noteLeftBehind(fang, qiang, 0);
  expect(await leftBehind()).toEqual([]);
});
