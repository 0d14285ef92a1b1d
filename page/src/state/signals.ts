// SPDX-License-Identifier: MIT
// What the page knows.
import { computed, signal } from "@preact/signals";
import type { Chapter } from "../chapters/chapter";
import type { About, Area, Chain, Keys, Offer, Proof, Standing } from "../core";
import type * as link from "../link";
import { startOf } from "../texts";

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
export const FIELD = { playing: 100, standing: 200 };
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

/** The fault that is to be found out, and what it was taken for. */
export const quiz = signal<{ kind: string; answer: string | null } | null>(null);

export const begunChapter = signal<Chapter | null>(null);

/** What is drawn on. */
export const PAPER: Area = [-1, 1, -1, 1];
export const drawing = signal(false);
export const drawn = signal<{ x: number; y: number; kind: string }[]>([]);
/** The class of the next point. */
export const pen = signal("a");

/** What a link of this moment says. */
export const linked = signal("");
