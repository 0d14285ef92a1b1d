// SPDX-License-Identifier: MIT
// A run as a link, and back.
import { Refusal, type Standing } from "../core";
import * as link from "../link";
import { desk } from "./desk";
import { go } from "./moves";
import { create, show } from "./shown";
import { fields, linked, run, sha, standing } from "./signals";
import { asked } from "./turns";

export function copyLink(): Promise<void> {
  return asked("link", async () => {
    const at = standing.value as Standing;
    const name = fields.value["data.source"] ?? "";
    const text = await link.written({
      version: 1,
      keys: desk.begun,
      changes: desk.changes.filter((change) => change.update <= at.update),
      update: at.update,
      sha256: (await desk.core.ask("sha256", { run: run.value })).sha256,
      files: desk.files.has(name) ? { [name]: desk.files.get(name) as string } : {},
    });
    if (text.length > link.MOST)
      throw new Refusal("This run's data is too much for a link: take the experiment and its file along.", "link", -1);
    history.replaceState(null, "", text);
    linked.value = location.href;
    // Where a browser forbids it the link stands in its box, to be copied by hand.
    await navigator.clipboard?.writeText(location.href).catch(() => undefined);
  });
}

export async function openLink(told: link.Told): Promise<void> {
  for (const [name, text] of Object.entries(told.files)) {
    desk.files.set(name, text);
    await desk.core.lay(name, new TextEncoder().encode(text).buffer as ArrayBuffer);
  }
  fields.value = told.keys;
  await create(told.keys);
  for (const one of told.changes) {
    await go(one.update);
    if ("keys" in one) {
      await desk.core.ask("change", { run: run.value, keys: one.keys });
      fields.value = one.keys;
    } else {
      await desk.core.ask("set", { run: run.value, parameter: one.parameter, value: one.value });
    }
  }
  desk.changes = told.changes;
  await show(await go(told.update));
  sha.value = await desk.core.ask("sha256", { run: run.value });
  if (told.sha256 && told.sha256 !== sha.value.sha256)
    throw new Refusal("These are not the parameters that the link was made of: another version made it.", "link", -1);
}

/** Follows the fragment, if it is a link of a run. */
export async function follow(): Promise<boolean> {
  let followed = false;
  await asked("link", async () => {
    const told = await link.read(location.hash);
    if (!told) return;
    await openLink(told);
    followed = true;
  });
  return followed;
}
