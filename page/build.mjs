// SPDX-License-Identifier: MIT
// Writes the page: one HTML file with program, style, worker and core in it.
//   node build.mjs CORE.js CORE.wasm OUT.html
// What is run stands under a policy that names it by its hash; worker and core lie in blocks of data beside it.
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const here = dirname(fileURLToPath(import.meta.url));
const [coreScript, coreWasm, out] = process.argv.slice(2);
if (!out) {
  console.error("usage: node build.mjs CORE.js CORE.wasm OUT.html");
  process.exit(2);
}

/** One file of `src`, with all that it imports, as a script that needs nothing; and its style. */
async function bundle(entry) {
  const { output } = await build({
    root: here,
    configFile: false,
    logLevel: "warn",
    esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
    build: {
      write: false,
      target: "es2022",
      cssCodeSplit: false,
      rollupOptions: { input: resolve(here, "src", entry), output: { format: "iife" } },
    },
  });
  const text = (type, part) =>
    output
      .filter((file) => file.type === type && (type === "chunk" || file.fileName.endsWith(".css")))
      .map((file) => file[part])
      .join("\n");
  return { script: text("chunk", "code"), style: String(text("asset", "source")) };
}

const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
/** Nothing in a script may look like its end. */
const inScript = (text) => text.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");

const [page, worker] = [await bundle("main.tsx"), await bundle("worker.ts")];
const script = inScript(page.script);
const style = page.style;
const program = inScript(`${await readFile(coreScript, "utf8")}\n${worker.script}`);
const core = gzipSync(await readFile(coreWasm), { level: 9 }).toString("base64");
const policy = [
  "default-src 'none'",
  `script-src ${hash(script)} 'wasm-unsafe-eval'`,
  `style-src ${hash(style)}`,
  "worker-src blob:",
  "img-src data: blob:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const html = (await readFile(resolve(here, "index.html"), "utf8"))
  .replace("<!--policy-->", () => `<meta http-equiv="Content-Security-Policy" content="${policy}">`)
  .replace("<!--style-->", () => `<style>${style}</style>`)
  .replace("<!--worker-->", () => `<script type="text/plain" id="worker">${program}</script>`)
  .replace("<!--core-->", () => `<script type="text/plain" id="core">${core}</script>`)
  .replace("<!--script-->", () => `<script>${script}</script>`);
await mkdir(dirname(resolve(out)), { recursive: true });
await writeFile(out, html);
console.log(`${out}: ${(Buffer.byteLength(html) / 1e6).toFixed(2)} MB`);
