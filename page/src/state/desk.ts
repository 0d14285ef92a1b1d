// SPDX-License-Identifier: MIT
// What is held beside what is seen.
import type { Core, Keys } from "../core";
import type { Change } from "../link";

export const desk = {
  /** Set before anything else is done. */
  core: undefined as unknown as Core,
  /** What was changed on the way, for a link to repeat. */
  changes: [] as Change[],
  /** The keys that the run began with. */
  begun: {} as Keys,
  /** Texts of files that lie where the library reads, for a link to carry. */
  files: new Map<string, string>(),
};
