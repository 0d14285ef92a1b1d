// SPDX-License-Identifier: MIT
// What a chapter is: one file beside this one, which exports it by default. Its number orders it.
import type { Keys } from "../core";

/** Something to try: a button that sets these keys. With `restart` the run begins anew, else it goes on by them. */
export interface Try {
  label: string;
  keys: Keys;
  restart?: boolean;
}

export interface Step {
  text: string;
  /** TeX, set by the library as its report sets it. */
  formula?: string;
  tries?: Try[];
}

export interface Chapter {
  number: number;
  title: string;
  /** What it begins with. */
  keys: Keys;
  steps: Step[];
  question: string;
  answer: string;
}

const found = import.meta.glob<{ default: Chapter }>(["./*.ts", "!./chapter.ts"], { eager: true });
export const chapters: Chapter[] = Object.values(found)
  .map((file) => file.default)
  .sort((a, b) => a.number - b.number);
