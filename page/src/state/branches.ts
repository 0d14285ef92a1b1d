// SPDX-License-Identifier: MIT
// Ways that a run has gone.
import type { About, Standing } from "../core";
import { desk } from "./desk";
import { hold } from "./shown";
import { type Line, about, comparing, curve, field, fields, lineName, lines, playing, run, standing } from "./signals";
import { asked } from "./turns";

let made = 0;

/** The run that is looked at, as one that lies beside. */
function lineOfNow(): Line {
  return {
    run: run.value,
    name: lineName.value,
    about: { ...(about.value as About), keys: fields.value },
    standing: standing.value as Standing,
    curve: curve.value,
    field: field.value,
    changes: desk.changes,
  };
}

/** From here another way is gone; the one that was gone so far lies beside. */
export function branch(): Promise<void> {
  playing.value = false;
  return asked("", async () => {
    const held = await desk.core.ask("branch", { run: run.value });
    lines.value = [...lines.value, lineOfNow()];
    lineName.value = `branch ${++made}`;
    desk.changes = desk.changes.filter((change) => change.update <= held.standing.update);
    await hold(held);
  });
}

export function takeUp(line: Line): Promise<void> {
  playing.value = false;
  return asked("", async () => {
    const before = lineOfNow();
    lines.value = lines.value.map((other) => (other.run === line.run ? before : other));
    lineName.value = line.name;
    desk.changes = line.changes;
    fields.value = line.about.keys;
    await hold({ run: line.run, about: line.about, standing: line.standing });
  });
}

export function drop(line: Line): Promise<void> {
  return asked("", async () => {
    lines.value = lines.value.filter((other) => other.run !== line.run);
    await desk.core.ask("close", { run: line.run });
  });
}

export function compare(): void {
  comparing.value = !comparing.value;
}
