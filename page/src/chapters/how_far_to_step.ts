// SPDX-License-Identifier: MIT
import type { Chapter } from "./chapter";

export default {
  number: 2,
  title: "How far to step",
  keys: {
    seed: "1",
    "data.source": "gaussian:samples=200,noise=0.05",
    "network.layers": "1-8tanh-1",
    "optimizer.method": "sgd",
    "optimizer.learning_rate": "0.01",
    "training.batch": "20",
  },
  steps: [
    {
      text: "A bell curve is to be learned from noisy points. Every update steps against the gradient, by the learning rate times its length. Play, and watch how slowly a rate of 0.01 bends the curve.",
      formula: "\\theta \\leftarrow \\theta - \\eta \\nabla L(\\theta)",
    },
    {
      text: "Let it go on faster, from where it stands. Ten times, then a hundred times: the loss falls sooner, then begins to shake, and in the end a number is too large to be one. The page then says where that was first seen.",
      tries: [
        { label: "Rate 0.1", keys: { "optimizer.learning_rate": "0.1" } },
        { label: "Rate 1", keys: { "optimizer.learning_rate": "1" } },
        { label: "Rate 10", keys: { "optimizer.learning_rate": "10" } },
      ],
    },
    {
      text: "Nothing is lost: slide back to before, press Branch, and go on by another rate. Compare lays both ways side by side.",
      tries: [{ label: "Adam, which finds its own steps", keys: { "optimizer.method": "adam", "optimizer.learning_rate": "0.02" } }],
    },
  ],
  question: "Why can a rate that is good at first be too large later?",
  answer: "The loss curves more sharply in some directions than in others, and more where the valley is narrow. Across such a direction a step longer than two over the curvature lands higher on the other side.",
} satisfies Chapter;
