// SPDX-License-Identifier: MIT
// The ways that a run has gone, side by side: what they differ in, and what came of it.
import { useEffect, useRef } from "preact/hooks";
import type { Keys } from "./core";
import { paint } from "./field";
import { about, comparing, drop, field, fields, type Line, lineName, lines, picture, standing, takeUp } from "./state";
import { percent, short } from "./texts";

type Shown = Pick<Line, "name" | "standing" | "field"> & { keys: Keys; line: Line | null };

function Plane({ of }: { of: Shown }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current) paint(canvas.current, of.field, picture.value, about.value?.classes.length ?? 0);
  });
  const score = of.standing.accuracy === null ? "" : `, accuracy ${percent(of.standing.accuracy)}`;
  const says = `${of.name} at update ${of.standing.update}: loss ${short(of.standing.loss)}${score}.`;
  return (
    <figure role="figure" aria-label={says}>
      <canvas ref={canvas} class="plane" aria-hidden="true" />
      <figcaption>{says}</figcaption>
      {of.line ? (
        <div class="row">
          <button type="button" class="quiet" aria-label={`Take up ${of.name}`} onClick={() => void takeUp(of.line as Line)}>
            Take up
          </button>
          <button type="button" class="quiet" aria-label={`Delete ${of.name}`} onClick={() => void drop(of.line as Line)}>
            Delete
          </button>
        </div>
      ) : null}
    </figure>
  );
}

export function Branches() {
  const at = standing.value;
  if (!comparing.value || !at) return null;
  const all: Shown[] = [
    { name: lineName.value, standing: at, field: field.value, keys: fields.value, line: null },
    ...lines.value.map((line) => ({ name: line.name, standing: line.standing, field: line.field, keys: line.about.keys, line })),
  ];
  const said = [...new Set(all.flatMap((one) => Object.keys(one.keys)))];
  const differing = said.filter((key) => new Set(all.map((one) => one.keys[key] ?? "")).size > 1);
  const told: [string, (one: Shown) => string][] = [
    ...differing.map((key): [string, (one: Shown) => string] => [key, (one) => one.keys[key] ?? "–"]),
    ["update", (one) => `${one.standing.update}`],
    ["changed on the way", (one) => (one.standing.changes === 0 ? "never" : `${one.standing.changes} times`)],
    ["loss", (one) => short(one.standing.loss)],
    ["loss on the test set", (one) => short(one.standing.test_loss)],
    ["accuracy", (one) => percent(one.standing.accuracy)],
    ["accuracy on the test set", (one) => percent(one.standing.test_accuracy)],
    ["R²", (one) => short(one.standing.r2)],
  ];
  const rows = told.filter(([, value]) => all.some((one) => value(one) !== "–"));
  return (
    <section class="branches" aria-labelledby="branches">
      <h2 id="branches">Side by side</h2>
      {lines.value.length === 0 ? (
        <p class="soft">There is one way so far. Go back in time, press Branch, change something, and play: both lie here then.</p>
      ) : null}
      <div class="planes">
        {all.map((one) => (
          <Plane key={one.name} of={one} />
        ))}
      </div>
      <table aria-label="What differs">
        <thead>
          <tr>
            <th scope="col" />
            {all.map((one) => (
              <th scope="col" key={one.name}>
                {one.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {all.map((one) => (
                <td key={one.name}>{value(one)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
