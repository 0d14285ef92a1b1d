// SPDX-License-Identifier: MIT
// What the page knows, as signals, and what a person can do, as functions. Nothing here draws.
import { batch, computed, signal } from "@preact/signals";
import { type About, type Area, Core, type Chain, type Held, type Keys, type Offer, type Proof, Refusal, type Standing } from "./core";
import type { Chapter } from "./chapters/chapter";
import * as link from "./link";
import { dataName, dataText, fitted, startOf } from "./texts";

/** A run that lies beside the one that is looked at. */
export interface Line {
  run: number;
  name: string;
  about: About;
  standing: Standing;
  curve: Float64Array;
  field: { kind: "field" | "curve"; bytes: ArrayBuffer } | null;
  changes: link.Change[];
}

export interface Picture {
  area: Area;
  x: string;
  y: string;
  points: Float32Array;
}

export const offer = signal<Offer | null>(null);
/** What stands in the fields, whether or not it can be carried out. */
export const fields = signal<Keys>(startOf);
/** Why a field cannot be carried out, by its key; "" is of none. */
export const refusals = signal<Record<string, { message: string; position: number }>>({});
export const about = signal<About | null>(null);
export const run = signal(0);
export const standing = signal<Standing | null>(null);
export const playing = signal(false);
/** Where a seek that takes long is going; null: none is under way. */
export const seeking = signal<number | null>(null);
export const speed = signal(0);

export const axes = signal<[number, number]>([0, 1]);
export const picture = signal<Picture | null>(null);
export const field = signal<{ kind: "field" | "curve"; bytes: ArrayBuffer } | null>(null);
export const units = signal<{ layers: { layer: number; name: string; width: number; shown: number }[]; bytes: ArrayBuffer } | null>(null);
export const theta = signal<Float64Array>(new Float64Array());
export const curve = signal<Float64Array>(new Float64Array());
export const sha = signal<{ sha256: string; update: number } | null>(null);
export const proof = signal<Proof | null>(null);
export const proving = signal(false);
export const chosen = signal<{ weight: string; sample: number } | null>(null);
export const chain = signal<Chain | null>(null);
export const notice = signal("");

export const lines = signal<Line[]>([]);
export const comparing = signal(false);
export const lineName = signal("main");

/** Points a side of the field: while it trains, and where it stands. */
const FIELD = { playing: 100, standing: 200 };
export const UNIT = 20;

/** The names of all parameters, as the library writes them. */
export const names = computed(() =>
  (about.value?.blocks ?? []).flatMap((block) =>
    Array.from({ length: block.rows * block.cols }, (_, k) =>
      block.rows === 1 && block.kind.endsWith("bias")
        ? `${block.name}[${k}]`
        : `${block.name}[${Math.floor(k / block.cols)}, ${k % block.cols}]`,
    ),
  ),
);

let core: Core;
/** What was changed on the way, for a link to repeat. */
let changes: link.Change[] = [];
/** Texts of files that lie where the library reads, for a link to carry. */
const files = new Map<string, string>();
/** The keys that the run began with. */
let begun: Keys = {};
let branches = 0;



const SLICE = 24; // milliseconds of training between two pictures

// ------------------------------------------------------------------------------------------------------- telling

function refuse(error: unknown, key = ""): void {
  const refusal = error instanceof Refusal ? error : new Refusal(String(error), "", -1);
  refusals.value = { ...refusals.value, [refusal.key || key]: { message: refusal.message, position: refusal.position } };
}

function accepted(...keys: string[]): void {
  const left = { ...refusals.value };
  for (const key of ["", ...keys]) delete left[key];
  refusals.value = left;
}

/** One after another: a message that moves the run never crosses another one. */
let queue: Promise<unknown> = Promise.resolve();
let waiting = 0;
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  ++waiting;
  const begin = () => {
    --waiting;
    return work();
  };
  const done = queue.then(begin, begin);
  queue = done.catch(() => undefined);
  return done;
}

/** Does what a person asks for; what is refused is told at a field. */
function asked(key: string, work: () => Promise<void>): Promise<void> {
  return inTurn(async () => {
    try {
      await work();
      accepted(key);
    } catch (error) {
      refuse(error, key);
    }
  });
}

// ------------------------------------------------------------------------------------------------------ pictures

async function drawField(): Promise<void> {
  const [a, b] = axes.value;
  const drawn = await core.ask("field", { run: run.value, a, b, size: playing.value ? FIELD.playing : FIELD.standing });
  field.value = { kind: drawn.kind, bytes: drawn.bytes };
}

async function drawRest(): Promise<void> {
  const [a, b] = axes.value;
  const of = { run: run.value };
  const [drawn, numbers, points] = await Promise.all([
    core.ask("units", { ...of, a, b, size: UNIT }),
    core.ask("theta", of),
    core.ask("curve", of),
  ]);
  batch(() => {
    units.value = { layers: drawn.layers, bytes: drawn.bytes };
    theta.value = new Float64Array(numbers.bytes);
    curve.value = new Float64Array(points.bytes);
  });
}

async function drawPoints(): Promise<void> {
  const [a, b] = axes.value;
  const drawn = await core.ask("points", { run: run.value, a, b });
  picture.value = { area: drawn.area, x: drawn.x, y: drawn.y, points: new Float32Array(drawn.bytes) };
}

/** After whatever moved the run. */
async function show(now: Standing): Promise<void> {
  batch(() => {
    standing.value = now;
    sha.value = null;
    if (proof.value?.update !== now.update) proof.value = null;
  });
  await Promise.all([drawField(), drawRest(), explainChosen()]);
}

async function hold(held: Held): Promise<void> {
  const features = held.about.features.length;
  batch(() => {
    run.value = held.run;
    about.value = held.about;
    axes.value = [0, features > 1 ? 1 : 0];
    proof.value = null;
    chosen.value = null;
    chain.value = null;
  });
  await drawPoints();
  await show(held.standing);
}

// ------------------------------------------------------------------------------------------------------ the run

/** Fields that are not those asked for have been edited since, and stay. */
async function create(asked: Keys | { toml: string; name: string }): Promise<void> {
  const what = "toml" in asked ? (asked as { toml: string; name: string }) : { keys: asked };
  const held = await core.ask("create", drawing.value ? { ...what, frame: PAPER } : what);
  const old = run.value;
  changes = [];
  quiz.value = null;
  notice.value = (held.words ?? []).join(" ");
  begun = held.about.keys;
  // What was edited meanwhile stays in its field: its turn comes.
  if (fields.value === asked || "toml" in asked) fields.value = begun;
  await hold(held);
  if (old) await core.ask("close", { run: old });
}

/** Begins anew by what stands in the fields. */
export function restart(key: string, next: Keys): Promise<void> {
  playing.value = false;
  fields.value = next;
  return asked(key, async () => {
    await create(next);
    refusals.value = {};
  });
}

/** Other data: the network's ends follow it. */
export function setData(source: string, more: Keys = {}): Promise<void> {
  if (source !== "drawn.csv") drawing.value = false;
  const next: Keys = { ...fields.value, ...more, "data.source": source };
  fields.value = next;
  playing.value = false;
  return asked("data.source", async () => {
    const ofData = Object.fromEntries(Object.entries(next).filter(([key]) => /^(data|reading)\./.test(key)));
    const shape = await core.ask("shape", { keys: ofData });
    const network = fitted(next["network.layers"] ?? "", shape);
    const whole: Keys = { ...next, "network.layers": network, "loss.function": "auto" };
    if (fields.value === next) fields.value = whole;
    else fields.value = { ...fields.value, "network.layers": network, "loss.function": "auto" };
    await create(whole);
    refusals.value = {};
  });
}

/** How it trains may change on the way; with no update made yet it is as if it had always been so. */
export function setTraining(key: string, value: string, also: Keys = {}): Promise<void> {
  const next = Object.fromEntries(Object.entries({ ...fields.value, [key]: value, ...also }).filter(([, text]) => text !== ""));
  if ((standing.value?.update ?? 0) === 0 && changes.length === 0) return restart(key, next);
  fields.value = next;
  return asked(key, async () => {
    const at = standing.value as Standing;
    // Other batches begin with an epoch.
    const rest = at.update % at.updates_per_epoch;
    if (key === "training.batch" && rest > 0) await go(at.update + at.updates_per_epoch - rest);
    await change(next);
  });
}

async function change(next: Keys): Promise<void> {
  const now = await core.ask("change", { run: run.value, keys: next });
  changes = [...changes.filter((c) => c.update <= now.update), { update: now.update, keys: next }];
  await show(now);
}

async function put(parameter: number, value: number): Promise<void> {
  const now = await core.ask("set", { run: run.value, parameter, value });
  changes = [...changes.filter((c) => c.update <= now.update), { update: now.update, parameter, value }];
  await show(now);
}

export function setParameter(parameter: number, text: string): Promise<void> {
  return asked("parameters", async () => {
    const value = Number(text);
    if (text.trim() === "" || Number.isNaN(value))
      throw new Refusal(`expected a number for ${names.value[parameter]}, got '${text}'`, "parameters", -1);
    await put(parameter, value);
  });
}

async function go(update: number): Promise<Standing> {
  for (;;) {
    const now = await core.ask("approach", { run: run.value, update, milliseconds: 40 });
    if (now.arrived) return now;
    standing.value = now;
  }
}

/** To an update; of several asked for while one is under way the last counts. */
export async function seek(update: number): Promise<void> {
  playing.value = false;
  const idle = seeking.value === null;
  seeking.value = update;
  if (!idle) return;
  await asked("", async () => {
    while (seeking.value !== null) {
      const wanted = seeking.value;
      const now = await core.ask("approach", { run: run.value, update: wanted, milliseconds: 40 });
      if (now.arrived) {
        if (seeking.value === wanted) seeking.value = null;
        await show(now);
      } else {
        standing.value = now;
      }
    }
  });
  seeking.value = null;
}

/** So many updates more. */
export function step(updates: number): Promise<void> {
  playing.value = false;
  return asked("", async () => show(await go((standing.value?.update ?? 0) + updates)));
}

export function stepEpoch(): Promise<void> {
  const at = standing.value;
  if (!at) return Promise.resolve();
  return step(at.updates_per_epoch - (at.update % at.updates_per_epoch));
}

export function pause(): void {
  playing.value = false;
}

/** How many updates are due by now, where they are not made as fast as can be. */
class Pace {
  private rest = 0;
  private last = performance.now();

  async due(): Promise<number> {
    for (;;) {
      const now = performance.now();
      if (speed.value === 0) return 1e9;
      this.rest = Math.min(this.rest + ((now - this.last) / 1000) * speed.value, speed.value);
      this.last = now;
      if (this.rest >= 1 || !playing.value) return Math.floor(this.rest);
      await new Promise(requestAnimationFrame);
    }
  }
  made(updates: number): void {
    this.rest -= updates;
  }
}

const REST = 250; // milliseconds between two pictures of all but the field

/** Trains until somebody else's turn has come. The worker has its next slice before this one is drawn. */
async function burst(pace: Pace): Promise<void> {
  let drawn = 0;
  const slice = async () => {
    const before = performance.now();
    const updates = await pace.due();
    const all = before - drawn > REST;
    if (all) drawn = before;
    const [now] = await Promise.all([
      core.ask("advance", { run: run.value, milliseconds: SLICE, updates }),
      drawField(),
      all ? drawRest() : undefined,
    ]);
    return now;
  };
  let pending = slice();
  for (let more = true; more; ) {
    const now = await pending;
    pace.made(now.update - (standing.value?.update ?? 0));
    if (now.stopped) playing.value = false;
    more = playing.value && waiting === 0;
    if (more) pending = slice();
    batch(() => {
      standing.value = now;
      sha.value = null;
      proof.value = null;
    });
  }
}

export async function play(): Promise<void> {
  if (playing.value) return;
  playing.value = true;
  const pace = new Pace();
  while (playing.value)
    await inTurn(async () => {
      if (playing.value) await burst(pace);
    });
  await asked("", async () => show(standing.value as Standing));
}

// --------------------------------------------------------------------------------------------- looked at closely

export function showSha(): Promise<void> {
  return asked("", async () => {
    sha.value = await core.ask("sha256", { run: run.value });
  });
}

export function prove(): Promise<void> {
  playing.value = false;
  proving.value = true;
  return asked("proof", async () => {
    proof.value = await core.ask("proof", { run: run.value });
  }).finally(() => (proving.value = false));
}

async function explainChosen(): Promise<void> {
  const at = chosen.value;
  chain.value = at ? await core.ask("chain", { run: run.value, ...at }) : null;
}

export function choose(weight: string, sample = chosen.value?.sample ?? 0): Promise<void> {
  chosen.value = { weight, sample };
  return asked("chain", explainChosen);
}

export function lookAlong(a: number, b: number): Promise<void> {
  axes.value = [a, b];
  return asked("axes", async () => {
    await drawPoints();
    await Promise.all([drawField(), drawRest()]);
  });
}

// -------------------------------------------------------------------------------------------------------- chapters

export const begunChapter = signal<Chapter | null>(null);

export function openChapter(chapter: Chapter): void {
  begunChapter.value = chapter;
  drawing.value = false;
  speed.value = 1000; // what is told of is to be seen
  void restart("", { ...chapter.keys });
}

/** From here on by these keys, or, where nothing is made yet, from the beginning. */
export function goOn(next: Keys): Promise<void> {
  if ((standing.value?.update ?? 0) === 0 && changes.length === 0) return restart("", next);
  fields.value = next;
  return asked("", () => change(next));
}

const formulas = new Map<string, Promise<string>>();
/** TeX as MathML, by the library. */
export function formula(tex: string): Promise<string> {
  let set = formulas.get(tex);
  if (!set) {
    set = core.ask("formula", { tex }).then(({ mathml }) => mathml);
    formulas.set(tex, set);
  }
  return set;
}

// ------------------------------------------------------------------------------------------------- a hidden fault

/** The fault that is to be found out, and what it was taken for. */
export const quiz = signal<{ kind: string; answer: string | null } | null>(null);

/** Begins anew with a fault that no field shows: one that this network can have. */
export function hideFault(): Promise<void> {
  playing.value = false;
  const kinds = (offer.value?.faults ?? []).map((fault) => ({ name: fault.name, at: Math.random() })).sort((a, b) => a.at - b.at);
  return asked("training.plant", async () => {
    const { "training.plant": _, ...keys } = fields.value;
    fields.value = keys;
    let refusal: unknown = new Refusal("expected faults to hide, got none", "training.plant", -1);
    for (const { name } of kinds) {
      try {
        await create({ ...keys, "training.plant": name });
        quiz.value = { kind: name, answer: null };
        return;
      } catch (error) {
        refusal = error; // this one shows nowhere here: another
      }
    }
    throw refusal;
  });
}

export function answerQuiz(answer: string): void {
  if (quiz.value) quiz.value = { ...quiz.value, answer };
}

// -------------------------------------------------------------------------------------------------------- branches

/** The run that is looked at, as one that lies beside. */
function lineOfNow(): Line {
  return {
    run: run.value,
    name: lineName.value,
    about: { ...(about.value as About), keys: fields.value },
    standing: standing.value as Standing,
    curve: curve.value,
    field: field.value,
    changes,
  };
}

/** From here another way is gone; the one that was gone so far lies beside. */
export function branch(): Promise<void> {
  playing.value = false;
  return asked("", async () => {
    const held = await core.ask("branch", { run: run.value });
    lines.value = [...lines.value, lineOfNow()];
    lineName.value = `branch ${++branches}`;
    changes = changes.filter((change) => change.update <= held.standing.update);
    await hold(held);
  });
}

export function takeUp(line: Line): Promise<void> {
  playing.value = false;
  return asked("", async () => {
    const before = lineOfNow();
    lines.value = lines.value.map((other) => (other.run === line.run ? before : other));
    lineName.value = line.name;
    changes = line.changes;
    fields.value = line.about.keys;
    await hold({ run: line.run, about: line.about, standing: line.standing });
  });
}

export function drop(line: Line): Promise<void> {
  return asked("", async () => {
    lines.value = lines.value.filter((other) => other.run !== line.run);
    await core.ask("close", { run: line.run });
  });
}

export function compare(): void {
  comparing.value = !comparing.value;
}

// ------------------------------------------------------------------------------------------------------ along

/** What a link of this moment says. */
export const linked = signal("");
export function copyLink(): Promise<void> {
  return asked("link", async () => {
    const at = standing.value as Standing;
    const name = fields.value["data.source"] ?? "";
    const text = await link.written({
      version: 1,
      keys: begun,
      changes: changes.filter((change) => change.update <= at.update),
      update: at.update,
      sha256: (await core.ask("sha256", { run: run.value })).sha256,
      files: files.has(name) ? { [name]: files.get(name) as string } : {},
    });
    if (text.length > link.MOST)
      throw new Refusal("This run's data is too much for a link: take the experiment and its file along.", "link", -1);
    history.replaceState(null, "", text);
    linked.value = location.href;
    // Where a browser forbids it the link stands in its box, to be copied by hand.
    await navigator.clipboard?.writeText(location.href).catch(() => undefined);
  });
}

async function openLink(told: link.Told): Promise<void> {
  for (const [name, text] of Object.entries(told.files)) {
    files.set(name, text);
    await core.lay(name, new TextEncoder().encode(text).buffer as ArrayBuffer);
  }
  fields.value = told.keys;
  await create(told.keys);
  for (const one of told.changes) {
    await go(one.update);
    if ("keys" in one) {
      await core.ask("change", { run: run.value, keys: one.keys });
      fields.value = one.keys;
    } else {
      await core.ask("set", { run: run.value, parameter: one.parameter, value: one.value });
    }
  }
  changes = told.changes;
  await show(await go(told.update));
  sha.value = await core.ask("sha256", { run: run.value });
  if (told.sha256 && told.sha256 !== sha.value.sha256)
    throw new Refusal("These are not the parameters that the link was made of: another version made it.", "link", -1);
}

/** Follows the fragment, if it is a link of a run. */
async function follow(): Promise<boolean> {
  let followed = false;
  await asked("link", async () => {
    const told = await link.read(location.hash);
    if (!told) return;
    await openLink(told);
    followed = true;
  });
  return followed;
}

export interface Taken {
  toml: string;
  command: string;
  changes: number;
  model: Uint8Array;
}
export async function take(): Promise<Taken | null> {
  let taken: Taken | null = null;
  await asked("", async () => {
    const { bytes, ...words } = await core.ask("take", { run: run.value });
    taken = { ...words, model: new Uint8Array(bytes) };
  });
  return taken;
}

// ------------------------------------------------------------------------------------------------- drawn by hand

/** What is drawn on. */
export const PAPER: Area = [-1, 1, -1, 1];
export const drawing = signal(false);
export const drawn = signal<{ x: number; y: number; kind: string }[]>([]);
/** The class of the next point. */
export const pen = signal("a");

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
  files.set("drawn.csv", text);
  await core.lay("drawn.csv", new TextEncoder().encode(text).buffer as ArrayBuffer);
  const { "data.test": _, ...others } = fields.value;
  fields.value = others;
  await setData("drawn.csv", { "data.scale": "none", "training.batch": "full" });
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
      await core.lay(plain, bytes);
      const { keys } = await core.ask("open_model", { name: plain });
      fields.value = keys;
      await create(keys);
    } else {
      source = plain.includes(".") ? plain : `${plain}.csv`;
      const text = new TextDecoder().decode(bytes);
      await core.lay(source, bytes);
      files.set(source, text);
    }
  }).then(() => (source ? setData(source, { "data.scale": "auto" }) : undefined));
}

// ---------------------------------------------------------------------------------------------------------- begin

export async function begin(program: string, packed: string): Promise<void> {
  core = await Core.start(program, packed);
  offer.value = await core.ask("offer", {});
  if (!(await follow())) await inTurn(() => create(fields.value));
  addEventListener("hashchange", () => void follow());
}

export { dataName, dataText };
