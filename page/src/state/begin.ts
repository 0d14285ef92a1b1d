// SPDX-License-Identifier: MIT
// How the page begins.
import { Core } from "../core";
import { desk } from "./desk";
import { follow } from "./links";
import { create } from "./shown";
import { fields, offer } from "./signals";
import { inTurn } from "./turns";

export async function begin(program: string, packed: string): Promise<void> {
  desk.core = await Core.start(program, packed);
  offer.value = await desk.core.ask("offer", {});
  if (!(await follow())) await inTurn(() => create(fields.value));
  addEventListener("hashchange", () => void follow());
}
