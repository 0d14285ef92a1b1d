// SPDX-License-Identifier: MIT
// A run as a link: all that repeats it stands in the fragment, which no server sees.
import { type Keys, Refusal } from "./core";

/** What was changed on the way, after which update. */
export type Change = { update: number; keys: Keys } | { update: number; parameter: number; value: number };

export interface Told {
  version: 1;
  keys: Keys;
  changes: Change[];
  update: number;
  sha256: string;
  files: Record<string, string>;
}

/** Longer than this a link is no longer taken everywhere. */
export const MOST = 30000;

const MARK = "run=";

async function through(bytes: Uint8Array, stream: CompressionStream | DecompressionStream): Promise<Uint8Array> {
  const blob = new Blob([bytes as BlobPart]).stream().pipeThrough(stream as ReadableWritablePair<Uint8Array, BufferSource>);
  return new Uint8Array(await new Response(blob).arrayBuffer());
}

export async function written(told: Told): Promise<string> {
  const packed = await through(new TextEncoder().encode(JSON.stringify(told)), new CompressionStream("gzip"));
  const text = btoa(Array.from(packed, (byte) => String.fromCharCode(byte)).join(""));
  return `#${MARK}${text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

/** Null where the fragment is none of ours. Throws Refusal for one that is cut, or of a newer page. */
export async function read(fragment: string): Promise<Told | null> {
  if (!fragment.startsWith(`#${MARK}`)) return null;
  let told: { version?: unknown } & Partial<Told>;
  try {
    const text = fragment.slice(MARK.length + 1).replaceAll("-", "+").replaceAll("_", "/");
    const packed = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    told = JSON.parse(new TextDecoder().decode(await through(packed, new DecompressionStream("gzip"))));
  } catch {
    throw new Refusal("This link is damaged, probably cut: copy it once more, whole.", "link", -1);
  }
  if (told.version !== 1)
    throw new Refusal("This link was made by a newer page: open it with that one.", "link", -1);
  if (!told.keys || !Array.isArray(told.changes) || typeof told.update !== "number")
    throw new Refusal("This link says no run: copy it once more, whole.", "link", -1);
  return { version: 1, keys: told.keys, changes: told.changes, update: told.update, sha256: told.sha256 ?? "", files: told.files ?? {} };
}
