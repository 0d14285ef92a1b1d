// SPDX-License-Identifier: MIT
// The network as a graph: each unit shows what it puts out over the plane, each edge its weight.
import { useEffect, useRef } from "preact/hooks";
import type { Block } from "./core";
import { about, choose, chosen, fields, restart, theta, UNIT, units } from "./state";
import { short, withWidth } from "./texts";

const ROOM = 46; // between units
const SIDE = 30; // of a unit
const MOST = 10; // units drawn of a layer
const POSITIVE = "#e69f00";
const NEGATIVE = "#0072b2";

interface Column {
  x: number;
  shown: number;
  width: number;
  layer: number;
  name: string;
  first: number; // its first picture
}

function columns(width: number): Column[] {
  const layers = units.value?.layers ?? [];
  let first = 0;
  return layers.map((layer, k) => {
    const column = {
      x: layers.length > 1 ? SIDE + (k * (width - 2 * SIDE)) / (layers.length - 1) : width / 2,
      shown: Math.min(layer.shown, MOST),
      width: layer.width,
      layer: layer.layer,
      name: layer.name,
      first,
    };
    first += layer.shown;
    return column;
  });
}

const yOf = (column: Column, unit: number, height: number): number => height / 2 + (unit - (column.shown - 1) / 2) * ROOM;

function Unit({ x, y, at }: { x: number; y: number; at: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const bytes = units.value?.bytes;
    const size = 4 * UNIT * UNIT;
    if (!bytes || bytes.byteLength < (at + 1) * size) return;
    const image = new ImageData(new Uint8ClampedArray(bytes, at * size, size), UNIT, UNIT);
    canvas.current?.getContext("2d")?.putImageData(image, 0, 0);
  });
  return (
    <foreignObject x={x - SIDE / 2} y={y - SIDE / 2} width={SIDE} height={SIDE}>
      <canvas ref={canvas} width={UNIT} height={UNIT} class="unit" />
    </foreignObject>
  );
}

interface Edge {
  path: string;
  weight: number;
  name: string;
}

function edgesBetween(from: Column, to: Column, block: Block, height: number): Edge[] {
  const edges: Edge[] = [];
  for (let i = 0; i < Math.min(block.rows, from.shown); ++i)
    for (let j = 0; j < Math.min(block.cols, to.shown); ++j) {
      const [x0, y0] = [from.x + SIDE / 2, yOf(from, i, height)];
      const [x1, y1] = [to.x - SIDE / 2, yOf(to, j, height)];
      const middle = (x0 + x1) / 2;
      edges.push({
        path: `M${x0},${y0} C${middle},${y0} ${middle},${y1} ${x1},${y1}`,
        weight: theta.value[block.offset + i * block.cols + j] ?? 0,
        name: `${block.name}[${i}, ${j}]`,
      });
    }
  return edges;
}

export function Graph() {
  const width = 560;
  const all = columns(width);
  const tallest = Math.max(1, ...all.map((column) => column.shown));
  const height = tallest * ROOM + 8;
  const blocks = about.value?.blocks ?? [];
  const edges = all.slice(1).flatMap((to, k) => {
    const from = all[k] as Column;
    const block = blocks.find((b) => b.layer === to.layer && b.kind === "weights");
    // Dense layers alone join every unit with every other.
    return block && block.rows === from.width && block.cols === to.width ? edgesBetween(from, to, block, height) : [];
  });
  const most = Math.max(1e-9, ...edges.map((edge) => Math.abs(edge.weight)));
  const network = fields.value["network.layers"] ?? "";
  const says =
    `The network ${about.value?.network ?? ""}: ` +
    all.map((column) => `${column.width} ${column.layer === 0 ? "inputs" : column.name}`).join(", ") +
    `. The largest weight drawn is ${short(most)} in size.`;
  return (
    <figure role="figure" aria-label={says} class="graph">
      <svg viewBox={`0 0 ${width} ${height + 34}`} aria-hidden="true">
        {edges.map((edge) => (
          <path
            key={edge.name}
            d={edge.path}
            class={edge.name === chosen.value?.weight ? "edge chosen" : "edge"}
            stroke={edge.weight < 0 ? NEGATIVE : POSITIVE}
            stroke-width={0.4 + (4 * Math.abs(edge.weight)) / most}
            stroke-opacity={0.25 + (0.65 * Math.abs(edge.weight)) / most}
            stroke-dasharray={edge.weight < 0 ? "5 2" : "none"}
            onClick={() => void choose(edge.name)}
          >
            <title>{`${edge.name} = ${short(edge.weight)}`}</title>
          </path>
        ))}
        {all.map((column) => (
          <g key={column.layer}>
            {Array.from({ length: column.shown }, (_, unit) => (
              <Unit key={unit} x={column.x} y={yOf(column, unit, height)} at={column.first + unit} />
            ))}
            <text x={column.x} y={height + 14} text-anchor="middle">
              {column.layer === 0 ? "inputs" : column.name}
            </text>
            <text x={column.x} y={height + 29} text-anchor="middle" class="soft">
              {column.shown < column.width ? `${column.shown} of ${column.width}` : column.width}
            </text>
          </g>
        ))}
      </svg>
      <div class="widths">
        {all.slice(1, -1).map((column, k) => (
          <span key={column.layer} class="row">
            <button
              type="button"
              class="quiet"
              aria-label={`One unit fewer in layer ${column.layer}`}
              onClick={() => void restart("network.layers", { ...fields.value, "network.layers": withWidth(network, k, -1) })}
            >
              −
            </button>
            <button
              type="button"
              class="quiet"
              aria-label={`One unit more in layer ${column.layer}`}
              onClick={() => void restart("network.layers", { ...fields.value, "network.layers": withWidth(network, k, 1) })}
            >
              +
            </button>
          </span>
        ))}
      </div>
    </figure>
  );
}
