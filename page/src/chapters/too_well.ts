// SPDX-License-Identifier: MIT
import type { Chapter } from "./chapter";

export default {
  number: 5,
  title: "Learned too well",
  keys: {
    seed: "4",
    "data.source": "moons:samples=80,noise=0.35",
    "data.test": "0.5",
    "network.layers": "2-16tanh-16tanh-2softmax",
    "optimizer.method": "adam",
    "optimizer.learning_rate": "0.01",
    "training.batch": "8",
  },
  steps: [
    {
      text: "Forty noisy samples, and more than three hundred parameters. Play: the loss on the samples that are learned falls and falls. The dashed line is the loss on forty others, with dark rims: it turns, and rises.",
    },
    {
      text: "Slide back to where the dashed line is lowest. That network knew more of the moons than the one that answers all its own samples rightly.",
    },
    {
      text: "Smooth what it may learn: shrink the weights at every step, or give it fewer units.",
      tries: [
        { label: "Shrink the weights", keys: { "regularisation.weight_decay": "0.5", "optimizer.method": "adamw" }, restart: true },
        { label: "Four units", keys: { "network.layers": "2-4tanh-2softmax" }, restart: true },
        { label: "More samples", keys: { "data.source": "moons:samples=800,noise=0.35" }, restart: true },
      ],
    },
  ],
  question: "On the test samples the accuracy hardly falls while the loss rises. How can that be?",
  answer: "The few that are wrong are wrong with more and more confidence: cross-entropy is -log p of the right class, and has no upper bound.",
} satisfies Chapter;
