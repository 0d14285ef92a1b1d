// SPDX-License-Identifier: MIT
// Playing: slice after slice.
import { batch } from "@preact/signals";
import type { Standing } from "../core";
import { desk } from "./desk";
import { drawField, drawRest, show } from "./shown";
import { playing, proof, run, sha, speed, standing } from "./signals";
import { asked, inTurn, isAwaited } from "./turns";

const SLICE = 24; // milliseconds of training between two pictures

/** How many updates are due by now, where they are not made as fast as can be. */
class Pace {
  private rest = 0;
  private last = performance.now();

  async due(): Promise<number> {
    for (;;) {
      const now = performance.now();
      if (speed.value === 0) return 1e9;
      this.rest = Math.min(this.rest + ((now - this.last) / 1000) * speed.value, speed.value);
      this.last = now;
      if (this.rest >= 1 || !playing.value) return Math.floor(this.rest);
      await new Promise(requestAnimationFrame);
    }
  }
  made(updates: number): void {
    this.rest -= updates;
  }
}

const REST = 250; // milliseconds between two pictures of all but the field

/** Trains until somebody else's turn has come. The worker has its next slice before this one is drawn. */
async function burst(pace: Pace): Promise<void> {
  let drawn = 0;
  const slice = async () => {
    const before = performance.now();
    const updates = await pace.due();
    const all = before - drawn > REST;
    if (all) drawn = before;
    const [now] = await Promise.all([
      desk.core.ask("advance", { run: run.value, milliseconds: SLICE, updates }),
      drawField(),
      all ? drawRest() : undefined,
    ]);
    return now;
  };
  let pending = slice();
  for (let more = true; more; ) {
    const now = await pending;
    pace.made(now.update - (standing.value?.update ?? 0));
    if (now.stopped) playing.value = false;
    more = playing.value && !isAwaited();
    if (more) pending = slice();
    batch(() => {
      standing.value = now;
      sha.value = null;
      proof.value = null;
    });
  }
}

export async function play(): Promise<void> {
  if (playing.value) return;
  playing.value = true;
  const pace = new Pace();
  while (playing.value)
    await inTurn(async () => {
      if (playing.value) await burst(pace);
    });
  await asked("", async () => show(standing.value as Standing));
}
