// SPDX-License-Identifier: MIT
// The page's side of the boundary: the messages that the core answers (page/core/core.cpp), typed. All mathematics is
// behind it.

/** An experiment as its fields say it: "network.layers" and its text. */
export type Keys = Record<string, string>;

/** From left to right, from bottom to top. */
export type Area = [number, number, number, number];

export interface Offer {
  version: string;
  data: { name: string; help: string; parameters: { name: string; fallback: string; help: string }[] }[];
  losses: string[];
  /** Of each optimizer its own learning rate; null: it has none. */
  rates: Record<string, string | null>;
  activations: string[];
  faults: { name: string; help: string }[];
}

/** An array of parameters, row by row in theta from `offset` on. */
export interface Block {
  name: string;
  kind: string;
  rows: number;
  cols: number;
  offset: number;
  layer: number;
}

/** What stays as long as a run does. */
export interface About {
  keys: Keys;
  network: string;
  loss: string;
  loss_unit: string;
  parameters: number;
  inputs: number;
  outputs: number;
  classes: string[];
  features: string[];
  targets: string[];
  samples: number;
  test_samples: number;
  blocks: Block[];
}

/** Where a run stands. */
export interface Standing {
  update: number;
  furthest: number;
  epoch: number;
  updates_per_epoch: number;
  changes: number;
  rate: number;
  loss: number | null;
  accuracy: number | null;
  r2: number | null;
  test_loss: number | null;
  test_accuracy: number | null;
  test_r2: number | null;
  stopped: string;
  message: string;
  arrived?: boolean;
}

export interface Held {
  run: number;
  about: About;
  standing: Standing;
  words?: string[];
}

export interface ProofRow {
  name: string;
  hand: number | null;
  tape: number | null;
  difference: number | null;
  verdict: string;
}

export interface Proof {
  verdict: string;
  because: string;
  samples: number;
  update: number;
  diagnoses: string[];
  report: string;
  rows: ProofRow[];
}

export interface Chain {
  weight: string;
  loss: string;
  loss_formula: string;
  seed_formula: string;
  steps: { formula: string; numbers: string; value: string }[];
}

/** The shape of the data, of which no run is made yet. */
export interface Shape {
  samples: number;
  features: number;
  outputs: number;
  classes: number;
  words: string[];
}

interface Plane {
  run: number;
  a: number;
  b: number;
}

/** What is asked, and what is answered. */
export interface Messages {
  offer: { ask: object; answer: Offer };
  formula: { ask: { tex: string }; answer: { mathml: string } };
  shape: { ask: { keys: Keys }; answer: Shape };
  create: { ask: ({ keys: Keys } | { toml: string; name: string }) & { frame?: Area }; answer: Held };
  open_model: { ask: { name: string }; answer: { keys: Keys } };
  branch: { ask: { run: number }; answer: Held };
  close: { ask: { run: number }; answer: object };
  standing: { ask: { run: number }; answer: Standing };
  advance: { ask: { run: number; milliseconds: number; updates: number }; answer: Standing };
  approach: { ask: { run: number; update: number; milliseconds: number }; answer: Standing };
  change: { ask: { run: number; keys: Keys }; answer: Standing };
  set: { ask: { run: number; parameter: number; value: number }; answer: Standing };
  curve: { ask: { run: number }; answer: object };
  theta: { ask: { run: number }; answer: object };
  sha256: { ask: { run: number }; answer: { sha256: string; update: number } };
  proof: { ask: { run: number }; answer: Proof };
  chain: { ask: { run: number; sample: number; weight: string }; answer: Chain };
  take: { ask: { run: number }; answer: { toml: string; command: string; changes: number } };
  points: { ask: Plane; answer: { area: Area; x: string; y: string } };
  field: { ask: Plane & { size: number }; answer: { kind: "field" | "curve" } };
  units: {
    ask: Plane & { size: number };
    answer: { layers: { layer: number; name: string; width: number; shown: number }[] };
  };
}

/** A refusal in the library's words, and the field it belongs to. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly key: string,
    readonly position: number,
  ) {
    super(message);
  }
}

/** A message to the worker, and from it. */
export interface Request {
  id: number;
  message: string;
  file?: { name: string; bytes: ArrayBuffer };
}
export interface Response {
  id: number;
  answer: string;
  bytes: ArrayBuffer;
}

type Answer<K extends keyof Messages> = Messages[K]["answer"] & { bytes: ArrayBuffer };

export class Core {
  private waiting = new Map<number, (response: Response) => void>();
  private next = 1;

  private constructor(private readonly worker: Worker) {
    worker.onmessage = (event: MessageEvent<Response>) => {
      this.waiting.get(event.data.id)?.(event.data);
      this.waiting.delete(event.data.id);
    };
  }

  /** Starts the worker of which the page holds the program and, packed, the core. */
  static async start(program: string, packed: string): Promise<Core> {
    const url = URL.createObjectURL(new Blob([program], { type: "text/javascript" }));
    const core = new Core(new Worker(url));
    URL.revokeObjectURL(url);
    const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
    const wasm = await new globalThis.Response(
      new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")),
    ).arrayBuffer();
    core.worker.postMessage({ wasm }, [wasm]);
    return core;
  }

  /** Throws Refusal. */
  async ask<K extends keyof Messages>(what: K, fields: Messages[K]["ask"]): Promise<Answer<K>> {
    return this.send({ id: this.next++, message: JSON.stringify({ do: what, ...fields }) }) as Promise<Answer<K>>;
  }

  /** Lays a file where the library reads files. */
  async lay(name: string, bytes: ArrayBuffer): Promise<void> {
    await this.send({ id: this.next++, message: "", file: { name, bytes } }, [bytes]);
  }

  private send(request: Request, moved: Transferable[] = []): Promise<object & { bytes: ArrayBuffer }> {
    return new Promise((resolve, reject) => {
      this.waiting.set(request.id, ({ answer, bytes }) => {
        const value = JSON.parse(answer) as { error?: { message: string; key: string; position: number } };
        if (value.error) reject(new Refusal(value.error.message, value.error.key, value.error.position));
        else resolve({ ...value, bytes });
      });
      this.worker.postMessage(request, moved);
    });
  }
}
