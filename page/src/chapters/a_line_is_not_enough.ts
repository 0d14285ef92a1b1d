// SPDX-License-Identifier: MIT
import type { Chapter } from "./chapter";

export default {
  number: 1,
  title: "A line is not enough",
  keys: {
    seed: "3",
    "data.source": "xor:samples=200,noise=0.15",
    "network.layers": "2-2softmax",
    "optimizer.method": "sgd",
    "optimizer.learning_rate": "0.2",
    "training.batch": "10",
  },
  steps: [
    {
      text: "Four clouds at the corners of a square, opposite ones of one class. The network has no layer between inputs and outputs: it can weigh the two inputs, and nothing more, so its boundary is a straight line. Press Play: whatever it learns, about half of the samples stay wrong.",
      formula: "p = \\operatorname{softmax}(x W + b)",
    },
    {
      text: "Put units between: each draws a line of its own, bent by its activation, and the last layer weighs what they say. In the network's picture every unit shows the plane as it sees it.",
      formula: "p = \\operatorname{softmax}(\\tanh(x W_1 + b_1) W_2 + b_2)",
      tries: [
        { label: "Four units between", keys: { "network.layers": "2-4tanh-2softmax" }, restart: true },
        { label: "Two units between", keys: { "network.layers": "2-2tanh-2softmax" }, restart: true },
        { label: "Four without a bend", keys: { "network.layers": "2-4identity-2softmax" }, restart: true },
      ],
    },
  ],
  question: "Four units without a bend learn no more than none at all. Why?",
  answer: "A weighted sum of weighted sums is a weighted sum: (x A) B = x (A B). Without a bend between them two layers are one.",
} satisfies Chapter;
