// SPDX-License-Identifier: MIT
// What comes from files, and what goes into them.
import { Refusal } from "../core";
import { desk } from "./desk";
import { setData } from "./moves";
import { create } from "./shown";
import { fields, playing, run } from "./signals";
import { asked } from "./turns";

export interface Taken {
  toml: string;
  command: string;
  changes: number;
  model: Uint8Array;
}
export async function take(): Promise<Taken | null> {
  let taken: Taken | null = null;
  await asked("", async () => {
    const { bytes, ...words } = await desk.core.ask("take", { run: run.value });
    taken = { ...words, model: new Uint8Array(bytes) };
  });
  return taken;
}

const LARGEST = 20e6; // bytes of a file that is opened

/** A table, an experiment or a model, by how its name ends. */
export function openFile(name: string, size: number, read: () => Promise<ArrayBuffer>): Promise<void> {
  playing.value = false;
  const plain = name.replace(/[^\w.-]+/g, "_").replace(/^[.-]+/, "_");
  let source = "";
  return asked("file", async () => {
    if (size > LARGEST)
      throw new Refusal(`${name}: expected a file of at most 20 MB, got ${(size / 1e6).toFixed(0)} MB: gradus train takes it.`, "file", -1);
    const bytes = await read();
    if (plain.endsWith(".toml")) {
      await create({ toml: new TextDecoder().decode(bytes), name });
    } else if (plain.endsWith(".model")) {
      await desk.core.lay(plain, bytes);
      const { keys } = await desk.core.ask("open_model", { name: plain });
      fields.value = keys;
      await create(keys);
    } else {
      source = plain.includes(".") ? plain : `${plain}.csv`;
      const text = new TextDecoder().decode(bytes);
      await desk.core.lay(source, bytes);
      desk.files.set(source, text);
    }
  }).then(() => (source ? setData(source, { "data.scale": "auto" }) : undefined));
}
