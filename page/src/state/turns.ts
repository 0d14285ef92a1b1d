// SPDX-License-Identifier: MIT
// One after another, and what is refused.
import { Refusal } from "../core";
import { refusals } from "./signals";

export function refuse(error: unknown, key = ""): void {
  const refusal = error instanceof Refusal ? error : new Refusal(String(error), "", -1);
  refusals.value = { ...refusals.value, [refusal.key || key]: { message: refusal.message, position: refusal.position } };
}

export function accepted(...keys: string[]): void {
  const left = { ...refusals.value };
  for (const key of ["", ...keys]) delete left[key];
  refusals.value = left;
}

/** One after another: a message that moves the run never crosses another one. */
let queue: Promise<unknown> = Promise.resolve();
let waiting = 0;
/** Whether somebody's turn is yet to come. */
export const isAwaited = (): boolean => waiting > 0;
export function inTurn<T>(work: () => Promise<T>): Promise<T> {
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
export function asked(key: string, work: () => Promise<void>): Promise<void> {
  return inTurn(async () => {
    try {
      await work();
      accepted(key);
    } catch (error) {
      refuse(error, key);
    }
  });
}
