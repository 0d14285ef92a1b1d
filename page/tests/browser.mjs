// SPDX-License-Identifier: MIT
// The built page in Debian's Chromium, as a person opens it: from a disk.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const built = (name) => fileURLToPath(new URL(`../../build/${name}`, import.meta.url));
export const address = pathToFileURL(resolve(process.env.GRADUS_PAGE ?? built("page/gradus.html"))).href;
const gradus = resolve(process.env.GRADUS ?? built("release/gradus"));

let browser;
export async function start() {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
}
export const stop = () => browser.close();

/** A page in a profile of its own, with all that it complains of and all that it asks for. */
export async function open(fragment = "", viewport = { width: 1280, height: 800 }) {
  const context = await browser.newContext({ viewport, acceptDownloads: true });
  const page = await context.newPage();
  const troubles = [];
  const requests = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) troubles.push(message.text());
  });
  page.on("pageerror", (error) => troubles.push(String(error)));
  page.on("request", (request) => {
    if (!/^(blob|data):/.test(request.url()) && request.url().split("#")[0] !== address) requests.push(request.url());
  });
  await page.goto(address + fragment);
  await page.getByRole("status").first().getByText(/update/).waitFor();
  return { page, troubles, requests, close: () => context.close() };
}

export const button = (page, name) => page.getByRole("button", { name, exact: true });
export const box = (page, name) => page.getByRole("textbox", { name, exact: true });
export const choice = (page, name) => page.getByRole("combobox", { name, exact: true });
export const status = (page) => page.getByRole("status").first();

/** Types into a text box and leaves it. */
export async function type(page, name, text) {
  await box(page, name).fill(text);
  await box(page, name).press("Enter");
}

/** The update that the status tells. */
export async function update(page) {
  return Number(/update\s+(\d+)/.exec(await status(page).innerText())?.[1]);
}
export async function reached(page, wanted, timeout = 20000) {
  await page.waitForFunction(
    (n) => Number(/update\s+(\d+)/.exec(document.querySelector("[role=status]")?.innerText ?? "")?.[1]) === n,
    wanted,
    { timeout },
  );
}

/** The SHA-256 of the parameters, as the status tells it when it is asked for. */
export async function sha256(page) {
  await button(page, "Show SHA-256").click();
  const text = await status(page).getByText(/sha256/).innerText();
  return /[0-9a-f]{64}/.exec(text)[0];
}

/** Calls work(folder, run) in a folder of its own with these files; run(...words) is the command line's answer. */
export async function atTheCommandLine(files, work) {
  const folder = mkdtempSync(join(tmpdir(), "gradus-page-"));
  const run = (...words) =>
    JSON.parse(execFileSync(gradus, [...words, "--json"], { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return await work(folder, run);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What the command line says of a training in the page's arithmetic. */
export const trained = (options, files = {}) =>
  atTheCommandLine(files, (_, run) => run("train", ...options, "--arithmetic", "plain", "-o", "a.model", "--quiet"));

/** The words of a command as a shell reads them. */
export const words = (command) =>
  execFileSync("sh", ["-c", `printf '%s\\n' ${command.replace(/^gradus /, "")}`], { encoding: "utf8" }).trimEnd().split("\n");

/** A file as a person chooses one. */
export const choose = (page, name, text) =>
  page.locator("input[type=file]").setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(text) });
