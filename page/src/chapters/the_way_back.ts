// SPDX-License-Identifier: MIT
import type { Chapter } from "./chapter";

export default {
  number: 3,
  title: "The way back",
  keys: {
    seed: "2",
    "data.source": "moons:samples=200,noise=0.15",
    "network.layers": "2-3tanh-2softmax",
    "optimizer.method": "sgd",
    "optimizer.learning_rate": "0.1",
    "training.batch": "8",
  },
  steps: [
    {
      text: "How does a weight deep in the network know what to do about the loss? By the chain rule, from the loss back through every layer. Choose “layer 1 weights[0, 0]” in the table below, or click an edge on the left of the network: each factor stands there with its number now.",
      formula: "\\frac{\\partial L}{\\partial W_1} = x^T \\left( \\frac{\\partial L}{\\partial z_2} W_2^T \\circ \\tanh'(z_1) \\right)",
    },
    {
      text: "Is it right? Press Prove. The derivative that was derived by hand is held against one by a tape that recorded the forward pass, and against differences of the loss itself, which know nothing of derivatives.",
    },
    {
      text: "Make one update, and prove again: the numbers are others, and agree again.",
    },
  ],
  question: "The difference agrees to fewer digits than the tape. Why?",
  answer: "A difference is (L(w + h) - L(w - h)) / 2h: the two losses are nearly equal, so that their leading digits cancel, and what is left of them is divided by a small number. The tape subtracts nothing of the kind.",
} satisfies Chapter;
