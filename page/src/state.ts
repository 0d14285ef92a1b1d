// SPDX-License-Identifier: MIT
// What the page knows, and what a person can do, as what is seen has it. Nothing of this draws.
export * from "./state/begin";
export * from "./state/branches";
export * from "./state/chapters";
export * from "./state/closely";
export * from "./state/drawn";
export * from "./state/faults";
export * from "./state/files";
export * from "./state/links";
export * from "./state/moves";
export * from "./state/play";
export * from "./state/signals";
