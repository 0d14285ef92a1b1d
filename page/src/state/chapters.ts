// SPDX-License-Identifier: MIT
// Chapters, as far as they touch the run.
import type { Chapter } from "../chapters/chapter";
import type { Keys } from "../core";
import { desk } from "./desk";
import { change, restart } from "./moves";
import { begunChapter, drawing, fields, speed, standing } from "./signals";
import { asked } from "./turns";

export function openChapter(chapter: Chapter): void {
  begunChapter.value = chapter;
  drawing.value = false;
  speed.value = 1000; // what is told of is to be seen
  void restart("", { ...chapter.keys });
}

/** From here on by these keys, or, where nothing is made yet, from the beginning. */
export function goOn(next: Keys): Promise<void> {
  if ((standing.value?.update ?? 0) === 0 && desk.changes.length === 0) return restart("", next);
  fields.value = next;
  return asked("", () => change(next));
}

const formulas = new Map<string, Promise<string>>();
/** TeX as MathML, by the library. */
export function formula(tex: string): Promise<string> {
  let set = formulas.get(tex);
  if (!set) {
    set = desk.core.ask("formula", { tex }).then(({ mathml }) => mathml);
    formulas.set(tex, set);
  }
  return set;
}
