// SPDX-License-Identifier: MIT
import type { Chapter } from "./chapter";

export default {
  number: 4,
  title: "Wrong, and learning all the same",
  keys: {
    seed: "5",
    "data.source": "circles:samples=300,noise=0.1,factor=0.5",
    "network.layers": "2-6tanh-2softmax",
    "optimizer.method": "adam",
    "optimizer.learning_rate": "0.02",
    "training.batch": "10",
  },
  steps: [
    {
      text: "Train it until the circle closes, and keep the curve in mind. Then begin again with a gradient that is wrong: the first layer's bias does not get its due. Watch the curve: would you have noticed?",
      tries: [
        { label: "A gradient that is never written", keys: { "training.plant": "missing-gradient:1.bias" }, restart: true },
        { label: "Twice what it should be", keys: { "training.plant": "doubled:2.weights" }, restart: true },
        { label: "With the wrong sign", keys: { "training.plant": "sign:1.weights" }, restart: true },
        { label: "All in order", keys: { "training.plant": "" }, restart: true },
      ],
    },
    {
      text: "Most of them learn. Press Prove after each: the checker says which array is wrong, and names the slip.",
    },
  ],
  question: "Adam hardly notices a gradient that is doubled. Why?",
  answer: "Adam divides the gradient by the root of its mean square: twice the gradient is divided by twice as much. A loss curve is no proof.",
} satisfies Chapter;
