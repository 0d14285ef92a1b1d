// SPDX-License-Identifier: MIT
// What comes in from files, and what is taken along.
import { useState } from "preact/hooks";
import { Choice, Text } from "./fields";
import { about, addPoint, beginDrawing, curve, drawing, drawn, endDrawing, openFile, pen, refusals, removePoint, take } from "./state";

function save(name: string, type: string, content: BlobPart): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/** The curves as the page has them: scores of the whole set, at the updates that were looked at. */
function curveCsv(): string {
  const score = (about.value?.classes.length ?? 0) > 0 ? "accuracy" : "r2";
  const rows = [`update,loss,${score},test_loss,test_${score}`];
  const numbers = curve.value;
  for (let k = 0; k + 5 <= numbers.length; k += 5)
    rows.push([...numbers.subarray(k, k + 5)].map((value) => (Number.isNaN(value) ? "" : `${value}`)).join(","));
  return `${rows.join("\n")}\n`;
}

function curveSvg(): void {
  const drawn = document.querySelector(".curve svg");
  if (!drawn) return;
  const copy = drawn.cloneNode(true) as SVGElement;
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("font-family", "sans-serif");
  save("curve.svg", "image/svg+xml", copy.outerHTML);
}

function fieldPng(): void {
  document.querySelector<HTMLCanvasElement>(".answers canvas.plane")?.toBlob((blob) => {
    if (blob) save("field.png", "image/png", blob);
  });
}

export function TakeAlong() {
  const [command, setCommand] = useState("");
  const taking = async (what: "model" | "toml" | "command") => {
    const taken = await take();
    if (!taken) return;
    if (what === "model") save("page.model", "application/octet-stream", taken.model as BlobPart);
    else if (taken.changes > 0) setCommand("This run was changed on its way: no experiment repeats it; a link does.");
    else if (what === "toml") save("page.toml", "application/toml", taken.toml);
    else {
      setCommand(taken.command);
      await navigator.clipboard?.writeText(taken.command).catch(() => undefined);
    }
  };
  const buttons: [string, () => void][] = [
    ["Model file", () => void taking("model")],
    ["Experiment", () => void taking("toml")],
    ["Command line", () => void taking("command")],
    ["Curves as CSV", () => save("curve.csv", "text/csv", curveCsv())],
    ["Curve as SVG", curveSvg],
    ["Field as PNG", fieldPng],
  ];
  return (
    <section class="along" aria-labelledby="along">
      <h2 id="along">Take it along</h2>
      <div class="row">
        {buttons.map(([name, act]) => (
          <button key={name} type="button" class="quiet" onClick={act}>
            {name}
          </button>
        ))}
      </div>
      {command ? (
        <p>
          <code>{command}</code>
        </p>
      ) : null}
    </section>
  );
}

/** Points set by hand: by the pointer on the plane, or by their numbers. */
function Drawing() {
  const [x, setX] = useState("0");
  const [y, setY] = useState("0");
  const numbers = [Number(x), Number(y)];
  const known = numbers.every((number) => Number.isFinite(number)) && x.trim() !== "" && y.trim() !== "";
  return (
    <div class="drawing">
      <p class="soft">Click on the plane, class by class, or say where.</p>
      <div class="small">
        <Choice label="Class" value={pen.value} choices={["a", "b", "c", "d", "e", "f"]} set={(kind) => (pen.value = kind)} />
        <Text label="x" of="drawn" value={x} set={setX} />
        <Text label="y" of="drawn" value={y} set={setY} />
      </div>
      <div class="row">
        <button type="button" class="quiet" disabled={!known} onClick={() => addPoint(numbers[0] as number, numbers[1] as number)}>
          Add the point
        </button>
        <button type="button" class="quiet" disabled={drawn.value.length === 0} onClick={removePoint}>
          Remove the last
        </button>
        <button type="button" class="quiet" onClick={endDrawing}>
          Done
        </button>
      </div>
    </div>
  );
}

/** A table of one's own: a file, pasted, or drawn. */
export function OwnData() {
  const [text, setText] = useState("");
  const [pasting, setPasting] = useState(false);
  return (
    <>
      <div class="row">
        <label class="button quiet">
          Open a file
          <input
            type="file"
            class="hidden"
            onChange={(event) => {
              const file = event.currentTarget.files?.[0];
              if (file) void openFile(file.name, file.size, () => file.arrayBuffer());
              event.currentTarget.value = "";
            }}
          />
        </label>
        <button type="button" class="quiet" aria-expanded={pasting} onClick={() => setPasting(!pasting)}>
          Paste a table
        </button>
        <button type="button" class="quiet" aria-expanded={drawing.value} onClick={beginDrawing}>
          Draw points
        </button>
      </div>
      {drawing.value ? <Drawing /> : null}
      {pasting ? (
        <div class="field">
          <label for="table">A table as CSV, the answer in its last column</label>
          <textarea id="table" rows={6} class="mono" spellcheck={false} value={text} onInput={(event) => setText(event.currentTarget.value)} />
          <button
            type="button"
            class="quiet"
            disabled={text.trim() === ""}
            onClick={() => {
              const bytes = new TextEncoder().encode(text).buffer as ArrayBuffer;
              void openFile("pasted.csv", bytes.byteLength, () => Promise.resolve(bytes));
            }}
          >
            Train on it
          </button>
        </div>
      ) : null}
      {refusals.value.file ? (
        <p class="refusal" role="alert">
          {refusals.value.file.message}
        </p>
      ) : null}
    </>
  );
}

/** Whatever is dropped anywhere on the page. */
export function acceptDrops(): void {
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file) void openFile(file.name, file.size, () => file.arrayBuffer());
  });
}
