// SPDX-License-Identifier: MIT
// Loss along the updates, on a logarithmic axis, with the place that the run is at.
import { comparing, curve, lineName, lines, standing } from "./state";
import { short } from "./texts";

const SERIES = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"];
const W = 560;
const H = 190;
const LEFT = 48;
const BOTTOM = 26;
const FIELDS = 5; // update, loss, accuracy, and both on the test set

interface Series {
  name: string;
  color: string;
  dash: string;
  points: [number, number][];
}

function column(numbers: Float64Array, k: number): [number, number][] {
  const points: [number, number][] = [];
  for (let i = 0; i + FIELDS <= numbers.length; i += FIELDS) {
    const value = numbers[i + k] as number;
    if (value > 0 && Number.isFinite(value)) points.push([numbers[i] as number, value]);
  }
  return points;
}

function series(): Series[] {
  const all: Series[] = [];
  const add = (name: string, numbers: Float64Array, k: number) => {
    const color = SERIES[k % SERIES.length] as string;
    all.push({ name, color, dash: "none", points: column(numbers, 1) });
    all.push({ name: `${name}, test`, color, dash: "5 3", points: column(numbers, 3) });
  };
  add(lineName.value, curve.value, 0);
  lines.value.forEach((line, k) => add(line.name, line.curve, k + 1));
  return all.filter((one) => one.points.length > 0);
}

/** Powers of ten, and between them where there are few. */
function ticks(low: number, high: number): number[] {
  const found: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); ++power)
    for (const digit of high / low < 30 ? [1, 2, 5] : [1]) {
      const tick = digit * 10 ** power;
      if (tick >= low && tick <= high) found.push(tick);
    }
  const every = Math.ceil(found.length / 6);
  return found.filter((_, k) => k % every === 0);
}

export function CurvePicture() {
  const shown = series();
  const values = shown.flatMap((one) => one.points.map(([, value]) => value));
  const low = values.length > 0 ? Math.min(...values) / 1.15 : 0.1;
  const high = values.length > 0 ? Math.max(...values) * 1.15 : 1;
  const last = Math.max(1, standing.value?.furthest ?? 1, ...shown.map((one) => one.points.at(-1)?.[0] ?? 0));
  const x = (update: number) => LEFT + (update / last) * (W - LEFT - 8);
  const y = (value: number) => 8 + (1 - Math.log(value / low) / Math.log(high / low)) * (H - BOTTOM - 8);
  const at = standing.value;
  const best = values.length > 0 ? Math.min(...values) : null;
  const says = at
    ? `The loss along ${at.furthest} updates, on a logarithmic axis: ${short(at.loss)} at update ${at.update}, least seen ${short(best)}.`
    : "No loss is drawn yet.";
  return (
    <figure role="figure" aria-label={says} class="curve">
      <svg viewBox={`0 0 ${W} ${H}`} aria-hidden="true">
        {ticks(low, high).map((tick) => (
          <g key={tick}>
            <line x1={LEFT} x2={W - 8} y1={y(tick)} y2={y(tick)} stroke="#e3e3e3" />
            <text x={LEFT - 6} y={y(tick) + 4} text-anchor="end" font-size="11.5" fill="#5a5a5a">
              {tick >= 0.001 && tick < 1000 ? `${Number(tick.toPrecision(1))}` : tick.toExponential(0)}
            </text>
          </g>
        ))}
        <line x1={LEFT} x2={W - 8} y1={H - BOTTOM} y2={H - BOTTOM} stroke="#8a8a8a" />
        <text x={LEFT} y={H - 8} font-size="11.5" fill="#5a5a5a">
          0
        </text>
        <text x={(LEFT + W) / 2} y={H - 8} text-anchor="middle" font-size="11.5" fill="#5a5a5a">
          update
        </text>
        <text x={W - 8} y={H - 8} text-anchor="end" font-size="11.5" fill="#5a5a5a">
          {last}
        </text>
        {at ? <line x1={x(at.update)} x2={x(at.update)} y1={8} y2={H - BOTTOM} stroke="#222" stroke-dasharray="2 3" /> : null}
        {shown.map((one) => (
          <polyline
            key={one.name}
            points={one.points.map(([u, v]) => `${x(u).toFixed(1)},${y(v).toFixed(1)}`).join(" ")}
            fill="none"
            stroke={one.color}
            stroke-width={1.8}
            stroke-dasharray={one.dash}
            stroke-linejoin="round"
          />
        ))}
      </svg>
      <figcaption>
        <ul class="legend">
          {shown.map((one) => (
            <li key={one.name}>
              <svg width={22} height={8} aria-hidden="true">
                <line x1={0} x2={22} y1={4} y2={4} stroke={one.color} stroke-width={2} stroke-dasharray={one.dash} />
              </svg>{" "}
              {comparing.value || lines.value.length > 0 ? one.name : one.dash === "none" ? "loss" : "loss on the test set"}
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  );
}
