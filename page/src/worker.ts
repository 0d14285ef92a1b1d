// SPDX-License-Identifier: MIT
// The worker: it holds the core, and gives it one message after another.
import type { Request, Response } from "./core";

/** What the loader that Emscripten writes gives; its text stands before this one. */
interface Module {
  _malloc(size: number): number;
  _free(at: number): void;
  _page_answer(message: number): number;
  _page_bytes(): number;
  _page_bytes_size(): number;
  HEAPU8: Uint8Array;
  lengthBytesUTF8(text: string): number;
  stringToUTF8(text: string, at: number, size: number): void;
  UTF8ToString(at: number): string;
  FS: { writeFile(name: string, bytes: Uint8Array): void };
}
declare function load_core(options: { wasmBinary: ArrayBuffer }): Promise<Module>;
declare const self: {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: Response, moved: Transferable[]): void;
};

function ask(core: Module, message: string): string {
  const size = core.lengthBytesUTF8(message) + 1;
  const at = core._malloc(size);
  core.stringToUTF8(message, at, size);
  const answer = core.UTF8ToString(core._page_answer(at));
  core._free(at);
  return answer;
}

function respond(core: Module, request: Request): void {
  let answer = "{}";
  let bytes = new ArrayBuffer(0);
  try {
    if (request.file) {
      core.FS.writeFile(request.file.name, new Uint8Array(request.file.bytes));
    } else {
      answer = ask(core, request.message);
      const at = core._page_bytes();
      bytes = core.HEAPU8.slice(at, at + core._page_bytes_size()).buffer as ArrayBuffer;
    }
  } catch (error) {
    // What no exception of C++ is: memory that ended, say. The page goes on with what it has.
    answer = JSON.stringify({ error: { message: `the core failed: ${String(error)}`, key: "", position: -1 } });
  }
  self.postMessage({ id: request.id, answer, bytes }, [bytes]);
}

self.onmessage = (first: MessageEvent<{ wasm: ArrayBuffer }>) => {
  const early: Request[] = [];
  self.onmessage = (event: MessageEvent<Request>) => early.push(event.data);
  void load_core({ wasmBinary: first.data.wasm }).then((core) => {
    self.onmessage = (event: MessageEvent<Request>) => respond(core, event.data);
    for (const request of early) respond(core, request);
  });
};
