// SPDX-License-Identifier: MIT
// What is looked at closely.
import { desk } from "./desk";
import { drawField, drawPoints, drawRest, explainChosen } from "./shown";
import { axes, chosen, playing, proof, proving, run, sha } from "./signals";
import { asked } from "./turns";

export function showSha(): Promise<void> {
  return asked("", async () => {
    sha.value = await desk.core.ask("sha256", { run: run.value });
  });
}

export function prove(): Promise<void> {
  playing.value = false;
  proving.value = true;
  return asked("proof", async () => {
    proof.value = await desk.core.ask("proof", { run: run.value });
  }).finally(() => (proving.value = false));
}


export function choose(weight: string, sample = chosen.value?.sample ?? 0): Promise<void> {
  chosen.value = { weight, sample };
  return asked("chain", explainChosen);
}

export function lookAlong(a: number, b: number): Promise<void> {
  axes.value = [a, b];
  return asked("axes", async () => {
    await drawPoints();
    await Promise.all([drawField(), drawRest()]);
  });
}
