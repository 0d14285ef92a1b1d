// SPDX-License-Identifier: MIT
// Data drawn by hand.
import { batch } from "@preact/signals";
import { desk } from "./desk";
import { setData } from "./moves";
import { PAPER, drawing, drawn, field, fields, pen, picture, playing } from "./signals";

export function beginDrawing(): void {
  playing.value = false;
  drawing.value = true;
  void learnDrawn();
}

export function endDrawing(): void {
  drawing.value = false;
}

export function addPoint(x: number, y: number): void {
  drawn.value = [...drawn.value, { x, y, kind: pen.value }];
  void learnDrawn();
}

export function removePoint(): void {
  drawn.value = drawn.value.slice(0, -1);
  void learnDrawn();
}

/** What is drawn is a table like any other, once there are two classes to be told apart. */
async function learnDrawn(): Promise<void> {
  const kinds = [...new Set(drawn.value.map((point) => point.kind))].sort();
  if (kinds.length < 2) {
    batch(() => {
      field.value = null;
      const points = drawn.value.flatMap(({ x, y, kind }) => [x, y, kinds.indexOf(kind), 0]);
      picture.value = { area: PAPER, x: "x", y: "y", points: new Float32Array(points) };
    });
    return;
  }
  const rows = drawn.value.map(({ x, y, kind }) => `${x},${y},${kind}`);
  const text = `x,y,class\n${rows.join("\n")}\n`;
  desk.files.set("drawn.csv", text);
  await desk.core.lay("drawn.csv", new TextEncoder().encode(text).buffer as ArrayBuffer);
  const { "data.test": _, ...others } = fields.value;
  fields.value = others;
  await setData("drawn.csv", { "data.scale": "none", "training.batch": "full" });
}
