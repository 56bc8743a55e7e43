// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BackKey } from './back_key.ts';

const pressBack = () =>
  new Promise<void>((resolve) => {
    window.addEventListener('popstate', () => setTimeout(resolve), { once: true });
    history.back();
  });

let screens: string[];
let leave: ReturnType<typeof vi.fn<() => void>>;
let key: BackKey;
beforeEach(() => {
  history.pushState(null, '', '#/form/household_survey');
  screens = ['first'];
  leave = vi.fn<() => void>();
  key = new BackKey(() => (screens.length > 1 ? Boolean(screens.pop()) : false), leave);
});
afterEach(() => key.dispose());

function goOn(screen: string) {
  screens.push(screen);
  key.push();
}

test('each press of back goes to the screen before, and the form stays open', async () => {
  goOn('second');
  goOn('third');
  await pressBack();
  expect(screens).toEqual(['first', 'second']);
  await pressBack();
  expect(screens).toEqual(['first']);
  expect(key.hasSteps()).toBe(false);
  expect(leave).not.toHaveBeenCalled();
  expect(location.hash).toBe('#/form/household_survey');
});

test('with nothing before the screen the form is left', async () => {
  key.push(); // a sheet that has nothing to close any more
  await pressBack();
  expect(leave).toHaveBeenCalledOnce();
});

test('a sheet closed by its own button takes its step back in silence', async () => {
  goOn('second');
  key.push();
  await key.forgetOne();
  expect(screens).toEqual(['first', 'second']);
  await pressBack();
  expect(screens).toEqual(['first']);
});

test('leaving by a button unwinds every step, so that one press more is before the form', async () => {
  goOn('second');
  goOn('third');
  await key.unwind();
  expect(screens).toHaveLength(3);
  expect(key.hasSteps()).toBe(false);
});
