// The phone's back key inside a form: each screen further on and each sheet is one step in the browser's history, so that
// back goes to the screen before, and leaves the form only from its first one.
const STEP = 'form_step';

export class BackKey {
  private readonly hash = location.hash;
  private step = stepNow();
  private arrived: (() => void) | null = null;

  /** `stepBack` goes to what was shown before; false when there is nothing before it: then the form is left. */
  constructor(
    private readonly stepBack: () => boolean,
    private readonly leave: () => void,
  ) {
    window.addEventListener('popstate', this.popped);
  }

  dispose(): void {
    window.removeEventListener('popstate', this.popped);
  }

  hasSteps(): boolean {
    return this.step > 0;
  }

  /** A screen further on, or a sheet over it. */
  push(): void {
    this.step = stepNow() + 1;
    history.pushState({ ...(history.state as object | null), [STEP]: this.step }, '');
  }

  /** What was pushed last is gone by itself: a sheet was closed by its own button. */
  forgetOne(): Promise<void> {
    return this.go(Math.min(this.step, 1));
  }

  /** Back to where the form was opened; what follows leaves the form. */
  unwind(): Promise<void> {
    return this.go(this.step);
  }

  private go(steps: number): Promise<void> {
    if (steps === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.arrived = resolve;
      history.go(-steps);
    });
  }

  private readonly popped = () => {
    if (location.hash !== this.hash) return; // the form is being left altogether
    const before = this.step;
    this.step = stepNow();
    const { arrived } = this;
    this.arrived = null;
    if (arrived) return arrived();
    if (this.step < before && !this.stepBack()) this.leave();
  };
}

function stepNow(): number {
  return Number((history.state as Record<string, unknown> | null)?.[STEP] ?? 0);
}
