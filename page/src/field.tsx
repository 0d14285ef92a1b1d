// SPDX-License-Identifier: MIT
// What the network answers over the plane, and the samples on it.
import { useEffect, useRef } from "preact/hooks";
import { Choice } from "./fields";
import { about, addPoint, axes, drawing, field, lookAlong, picture, type Picture, standing } from "./state";
import { percent, short } from "./texts";

/** The colours of Okabe and Ito, as the library's figures have them for class after class. */
export const CLASSES = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#000000"];
const MARKERS = ["circle", "square", "triangle", "diamond", "down", "pentagon"] as const;

/** The outline of a class's marker about (x, y). */
export function marker(context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D, kind: number, x: number, y: number, r: number): void {
  const corners = (turn: number, count: number, size = r) => {
    for (let k = 0; k < count; ++k) {
      const angle = turn + (2 * Math.PI * k) / count;
      context[k === 0 ? "moveTo" : "lineTo"](x + size * Math.cos(angle), y + size * Math.sin(angle));
    }
    context.closePath();
  };
  context.beginPath();
  switch (MARKERS[kind % MARKERS.length]) {
    case "square": return corners(Math.PI / 4, 4, 1.25 * r);
    case "triangle": return corners(-Math.PI / 2, 3, 1.3 * r);
    case "diamond": return corners(0, 4, 1.3 * r);
    case "down": return corners(Math.PI / 2, 3, 1.3 * r);
    case "pentagon": return corners(-Math.PI / 2, 5, 1.15 * r);
    default: context.arc(x, y, r, 0, 2 * Math.PI);
  }
}

/** From a picture's numbers to pixels of a square of this size. */
function scales(of: Picture, size: number) {
  const [left, right, bottom, top] = of.area;
  return {
    x: (value: number) => ((value - left) / (right - left)) * size,
    y: (value: number) => size - ((value - bottom) / (top - bottom)) * size,
  };
}

/** The samples drawn once for each size, for they stay while the field changes below them. */
let drawnPoints: { of: Picture; pixels: number; classes: number; canvas: OffscreenCanvas } | null = null;
function pointsOf(of: Picture, size: number, pixels: number, classes: number): OffscreenCanvas {
  if (drawnPoints?.of === of && drawnPoints.pixels === pixels && drawnPoints.classes === classes) return drawnPoints.canvas;
  const canvas = new OffscreenCanvas(pixels, pixels);
  const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  context.scale(pixels / size, pixels / size);
  const { x, y } = scales(of, size);
  const radius = of.points.length > 4 * 600 ? 2.2 : 3.4;
  for (let k = 0; k < of.points.length; k += 4) {
    const [px, py, answer, isTest] = of.points.subarray(k, k + 4) as unknown as [number, number, number, number];
    const kind = classes > 0 ? answer : 0;
    marker(context, kind, x(px), y(py), radius);
    context.lineWidth = 1;
    context.strokeStyle = isTest ? "#222" : "#fff";
    context.fillStyle = CLASSES[kind % CLASSES.length] as string;
    context.fill();
    context.stroke();
  }
  drawnPoints = { of, pixels, classes, canvas };
  return canvas;
}

export function paint(canvas: HTMLCanvasElement, drawn: { kind: string; bytes: ArrayBuffer } | null, of: Picture | null, classes: number) {
  const size = canvas.clientWidth;
  if (size === 0) return;
  const pixels = Math.round(size * (globalThis.devicePixelRatio || 1));
  if (canvas.width !== pixels) canvas.width = canvas.height = pixels;
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  context.clearRect(0, 0, pixels, pixels);
  if (drawn?.kind === "field") {
    const side = Math.sqrt(drawn.bytes.byteLength / 4);
    const small = new OffscreenCanvas(side, side);
    small.getContext("2d")?.putImageData(new ImageData(new Uint8ClampedArray(drawn.bytes), side, side), 0, 0);
    context.drawImage(small, 0, 0, pixels, pixels);
  }
  if (!of) return;
  context.drawImage(pointsOf(of, size, pixels, classes), 0, 0);
  if (drawn?.kind === "curve") {
    const { x, y } = scales(of, pixels);
    const line = new Float64Array(drawn.bytes);
    context.beginPath();
    for (let k = 0; k < line.length; k += 2) context.lineTo(x(line[k] as number), y(line[k + 1] as number));
    context.lineWidth = (2.5 * pixels) / size;
    context.strokeStyle = "#d55e00";
    context.stroke();
  }
}

export function FieldPicture() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [of, drawn, run] = [picture.value, field.value, about.value];
  useEffect(() => {
    if (canvas.current) paint(canvas.current, drawn, of, run?.classes.length ?? 0);
  });
  const at = standing.value;
  const says =
    run && of && at
      ? `${run.classes.length > 0 ? `${run.classes.length} classes` : "A curve"} over ${of.x} and ${of.y} at update ${at.update}: loss ${short(at.loss)}` +
        (at.accuracy === null ? "." : `, ${percent(at.accuracy)} of the training samples are answered rightly.`)
      : "Nothing is drawn yet.";
  const features = run?.features ?? [];
  const choices = features.map((name, k): [string, string] => [`${k}`, name]);
  return (
    <figure role="figure" aria-label={says}>
      <div class="frame">
        <span class="axis y">{of?.y ?? ""}</span>
        <canvas
          ref={canvas}
          class={drawing.value ? "plane paper" : "plane"}
          aria-hidden="true"
          onPointerDown={(event) => {
            if (!drawing.value || !of) return;
            const box = event.currentTarget.getBoundingClientRect();
            const [left, right, bottom, top] = of.area;
            const x = left + ((event.clientX - box.left) / box.width) * (right - left);
            const y = top - ((event.clientY - box.top) / box.height) * (top - bottom);
            addPoint(Number(x.toFixed(3)), Number(y.toFixed(3)));
          }}
        />
        <span class="axis x">{of?.x ?? ""}</span>
      </div>
      <figcaption>
        <Legend classes={run?.classes ?? []} tested={(run?.test_samples ?? 0) > 0} />
      </figcaption>
      {features.length > 2 ? (
        <div class="small">
          <Choice label="Across" value={`${axes.value[0]}`} choices={choices} set={(a) => void lookAlong(Number(a), axes.value[1])} />
          <Choice label="Up" value={`${axes.value[1]}`} choices={choices} set={(b) => void lookAlong(axes.value[0], Number(b))} />
        </div>
      ) : null}
    </figure>
  );
}

function Legend({ classes, tested }: { classes: string[]; tested: boolean }) {
  return (
    <ul class="legend">
      {classes.map((name, k) => (
        <li key={name}>
          <Marker kind={k} /> {name}
        </li>
      ))}
      {tested ? <li class="soft">dark rim: test sample</li> : null}
    </ul>
  );
}

function Marker({ kind }: { kind: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    context.clearRect(0, 0, 24, 24);
    marker(context, kind, 12, 12, 8);
    context.fillStyle = CLASSES[kind % CLASSES.length] as string;
    context.fill();
  });
  return <canvas ref={canvas} width={24} height={24} class="marker" aria-hidden="true" />;
}
