// SPDX-License-Identifier: MIT
// A fault that no field shows.
import { Refusal } from "../core";
import { create } from "./shown";
import { fields, offer, playing, quiz } from "./signals";
import { asked } from "./turns";

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
