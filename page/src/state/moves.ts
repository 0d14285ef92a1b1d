// SPDX-License-Identifier: MIT
// What moves the run, but for playing it.
import { type Keys, Refusal, type Standing } from "../core";
import { fitted } from "../texts";
import { desk } from "./desk";
import { create, show } from "./shown";
import { drawing, fields, names, playing, refusals, run, seeking, standing } from "./signals";
import { asked } from "./turns";

/** Begins anew by what stands in the fields. */
export function restart(key: string, next: Keys): Promise<void> {
  playing.value = false;
  fields.value = next;
  return asked(key, async () => {
    await create(next);
    refusals.value = {};
  });
}

/** Other data: the network's ends follow it. */
export function setData(source: string, more: Keys = {}): Promise<void> {
  if (source !== "drawn.csv") drawing.value = false;
  const next: Keys = { ...fields.value, ...more, "data.source": source };
  fields.value = next;
  playing.value = false;
  return asked("data.source", async () => {
    const ofData = Object.fromEntries(Object.entries(next).filter(([key]) => /^(data|reading)\./.test(key)));
    const shape = await desk.core.ask("shape", { keys: ofData });
    const network = fitted(next["network.layers"] ?? "", shape);
    const whole: Keys = { ...next, "network.layers": network, "loss.function": "auto" };
    if (fields.value === next) fields.value = whole;
    else fields.value = { ...fields.value, "network.layers": network, "loss.function": "auto" };
    await create(whole);
    refusals.value = {};
  });
}

/** How it trains may change on the way; with no update made yet it is as if it had always been so. */
export function setTraining(key: string, value: string, also: Keys = {}): Promise<void> {
  const next = Object.fromEntries(Object.entries({ ...fields.value, [key]: value, ...also }).filter(([, text]) => text !== ""));
  if ((standing.value?.update ?? 0) === 0 && desk.changes.length === 0) return restart(key, next);
  fields.value = next;
  return asked(key, async () => {
    const at = standing.value as Standing;
    // Other batches begin with an epoch.
    const rest = at.update % at.updates_per_epoch;
    if (key === "training.batch" && rest > 0) await go(at.update + at.updates_per_epoch - rest);
    await change(next);
  });
}

export async function change(next: Keys): Promise<void> {
  const now = await desk.core.ask("change", { run: run.value, keys: next });
  desk.changes = [...desk.changes.filter((c) => c.update <= now.update), { update: now.update, keys: next }];
  await show(now);
}

export async function put(parameter: number, value: number): Promise<void> {
  const now = await desk.core.ask("set", { run: run.value, parameter, value });
  desk.changes = [...desk.changes.filter((c) => c.update <= now.update), { update: now.update, parameter, value }];
  await show(now);
}

export function setParameter(parameter: number, text: string): Promise<void> {
  return asked("parameters", async () => {
    const value = Number(text);
    if (text.trim() === "" || Number.isNaN(value))
      throw new Refusal(`expected a number for ${names.value[parameter]}, got '${text}'`, "parameters", -1);
    await put(parameter, value);
  });
}

export async function go(update: number): Promise<Standing> {
  for (;;) {
    const now = await desk.core.ask("approach", { run: run.value, update, milliseconds: 40 });
    if (now.arrived) return now;
    standing.value = now;
  }
}

/** To an update; of several asked for while one is under way the last counts. */
export async function seek(update: number): Promise<void> {
  playing.value = false;
  const idle = seeking.value === null;
  seeking.value = update;
  if (!idle) return;
  await asked("", async () => {
    while (seeking.value !== null) {
      const wanted = seeking.value;
      const now = await desk.core.ask("approach", { run: run.value, update: wanted, milliseconds: 40 });
      if (now.arrived) {
        if (seeking.value === wanted) seeking.value = null;
        await show(now);
      } else {
        standing.value = now;
      }
    }
  });
  seeking.value = null;
}

/** So many updates more. */
export function step(updates: number): Promise<void> {
  playing.value = false;
  return asked("", async () => show(await go((standing.value?.update ?? 0) + updates)));
}

export function stepEpoch(): Promise<void> {
  const at = standing.value;
  if (!at) return Promise.resolve();
  return step(at.updates_per_epoch - (at.update % at.updates_per_epoch));
}

export function pause(): void {
  playing.value = false;
}
