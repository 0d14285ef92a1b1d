// SPDX-License-Identifier: MIT
// The texts that fields edit: those of a network and of data. What they mean is the library's to say.
import type { Keys, Shape } from "./core";

/** What the page opens with. */
export const startOf: Keys = {
  seed: "1",
  "data.source": "spirals:samples=300,noise=0.05,turns=1",
  "data.test": "0.2",
  "network.layers": "2-8tanh-8tanh-2softmax",
  "loss.function": "auto",
  "optimizer.method": "adam",
  "optimizer.learning_rate": "0.005",
  "training.batch": "10",
};

/** What makers of data are given first, where their own choice is no good picture. */
export const startOfData: Record<string, string> = {
  blobs: "blobs:samples=240,centers=4,cluster-std=1.2",
  moons: "moons:samples=300,noise=0.2",
  circles: "circles:samples=300,noise=0.1,factor=0.5",
  spirals: "spirals:samples=300,noise=0.05,turns=1",
  xor: "xor:samples=200,noise=0.2",
  gaussian: "gaussian:samples=200,noise=0.05",
};

export const dataName = (source: string): string => source.split(":")[0] ?? "";

/** `moons:samples=300,noise=0.2` taken apart; lists stand in brackets. */
export function dataOptions(source: string): Record<string, string> {
  const options: Record<string, string> = {};
  const text = source.slice(dataName(source).length + 1);
  for (const part of text.match(/[^,[]+(\[[^\]]*\])?/g) ?? []) {
    const [name, ...value] = part.split("=");
    if (name) options[name] = value.join("=");
  }
  return options;
}

export function dataText(name: string, options: Record<string, string>): string {
  const parts = Object.entries(options)
    .filter(([, value]) => value.trim() !== "")
    .map(([key, value]) => `${key}=${value.trim()}`);
  return parts.length > 0 ? `${name}:${parts.join(",")}` : name;
}

/** The widths and activations between the ends: "8tanh", "8tanh". */
export const hidden = (network: string): string[] => network.split("-").slice(1, -1);
const joined = (first: string, layers: string[], last: string): string => [first, ...layers, last].join("-");
const ends = (network: string): [string, string] => {
  const parts = network.split("-");
  return [parts[0] ?? "", parts.length > 1 ? (parts.at(-1) ?? "") : ""];
};

/** The same layers between ends that fit the data. */
export function fitted(network: string, shape: Shape): string {
  const last = shape.classes > 0 ? `${shape.outputs}softmax` : `${shape.outputs}`;
  return joined(`${shape.features}`, hidden(network), last);
}

export function withActivation(network: string, activation: string): string {
  const [first, last] = ends(network);
  return joined(
    first,
    hidden(network).map((layer) => layer.replace(/^(\d+)[a-z-]*$/, `$1${activation}`)),
    last,
  );
}

/** The activation of the first layer between the ends; empty: there is none, or not by itself. */
export const activationOf = (network: string): string => /^\d+([a-z]+)$/.exec(hidden(network)[0] ?? "")?.[1] ?? "";

export function withLayer(network: string): string {
  const [first, last] = ends(network);
  return joined(first, [...hidden(network), hidden(network).at(-1) ?? "8tanh"], last);
}

export function withoutLayer(network: string): string {
  const [first, last] = ends(network);
  return joined(first, hidden(network).slice(0, -1), last);
}

/** One unit more or fewer in a layer between the ends. */
export function withWidth(network: string, layer: number, by: number): string {
  const [first, last] = ends(network);
  return joined(
    first,
    hidden(network).map((text, k) =>
      k === layer ? text.replace(/^\d+/, (width) => `${Math.max(1, Number(width) + by)}`) : text,
    ),
    last,
  );
}

/** A number for a person: four digits that count. */
export function short(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size >= 1e5 || size < 1e-3 ? value.toExponential(2) : value.toPrecision(4);
}

export const percent = (share: number | null): string => (share === null ? "–" : `${(100 * share).toFixed(1)} %`);
