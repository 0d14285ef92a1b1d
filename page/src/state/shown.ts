// SPDX-License-Identifier: MIT
// What is drawn of the run, and the run that is held.
import { batch } from "@preact/signals";
import type { Held, Keys, Standing } from "../core";
import { desk } from "./desk";
import { FIELD, PAPER, UNIT, about, axes, chain, chosen, curve, drawing, field, fields, notice, picture, playing, proof, quiz, run, sha, standing, theta, units } from "./signals";

export async function drawField(): Promise<void> {
  const [a, b] = axes.value;
  const drawn = await desk.core.ask("field", { run: run.value, a, b, size: playing.value ? FIELD.playing : FIELD.standing });
  field.value = { kind: drawn.kind, bytes: drawn.bytes };
}

export async function drawRest(): Promise<void> {
  const [a, b] = axes.value;
  const of = { run: run.value };
  const [drawn, numbers, points] = await Promise.all([
    desk.core.ask("units", { ...of, a, b, size: UNIT }),
    desk.core.ask("theta", of),
    desk.core.ask("curve", of),
  ]);
  batch(() => {
    units.value = { layers: drawn.layers, bytes: drawn.bytes };
    theta.value = new Float64Array(numbers.bytes);
    curve.value = new Float64Array(points.bytes);
  });
}

export async function drawPoints(): Promise<void> {
  const [a, b] = axes.value;
  const drawn = await desk.core.ask("points", { run: run.value, a, b });
  picture.value = { area: drawn.area, x: drawn.x, y: drawn.y, points: new Float32Array(drawn.bytes) };
}

/** After whatever moved the run. */
export async function show(now: Standing): Promise<void> {
  batch(() => {
    standing.value = now;
    sha.value = null;
    if (proof.value?.update !== now.update) proof.value = null;
  });
  await Promise.all([drawField(), drawRest(), explainChosen()]);
}

export async function hold(held: Held): Promise<void> {
  const features = held.about.features.length;
  batch(() => {
    run.value = held.run;
    about.value = held.about;
    axes.value = [0, features > 1 ? 1 : 0];
    proof.value = null;
    chosen.value = null;
    chain.value = null;
  });
  await drawPoints();
  await show(held.standing);
}

export async function explainChosen(): Promise<void> {
  const at = chosen.value;
  chain.value = at ? await desk.core.ask("chain", { run: run.value, ...at }) : null;
}

/** Fields that are not those asked for have been edited since, and stay. */
export async function create(asked: Keys | { toml: string; name: string }): Promise<void> {
  const what = "toml" in asked ? (asked as { toml: string; name: string }) : { keys: asked };
  const held = await desk.core.ask("create", drawing.value ? { ...what, frame: PAPER } : what);
  const old = run.value;
  desk.changes = [];
  quiz.value = null;
  notice.value = (held.words ?? []).join(" ");
  desk.begun = held.about.keys;
  // What was edited meanwhile stays in its field: its turn comes.
  if (fields.value === asked || "toml" in asked) fields.value = desk.begun;
  await hold(held);
  if (old) await desk.core.ask("close", { run: old });
}
