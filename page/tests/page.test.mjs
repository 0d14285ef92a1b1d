// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import {
  atTheCommandLine, box, button, choice, choose, open, reached, sha256, start, status, stop, trained, type, update, words,
} from "./browser.mjs";

before(start);
after(stop);

/** Opens, does, and finds that nothing was complained of and nothing was asked of the network. */
async function visit(work, fragment) {
  const visit = await open(fragment);
  try {
    await work(visit.page);
    assert.deepEqual(visit.troubles, []);
    assert.deepEqual(visit.requests, []);
  } finally {
    await visit.close();
  }
}

test("every control is found by its role and its name", () =>
  visit(async (page) => {
    for (const name of ["Play", "One update", "One epoch", "Back to start", "Prove", "Branch", "Compare", "Copy link"]) await button(page, name).waitFor();
    for (const name of ["Network", "Learning rate", "Batch", "Seed"]) await box(page, name).waitFor();
    for (const name of ["Data", "Loss", "Optimizer", "Activation"]) await choice(page, name).waitFor();
    await page.getByRole("slider", { name: "Update", exact: true }).waitFor();
    await page.getByRole("table", { name: "Parameters" }).waitFor();
    for (const figure of await page.getByRole("figure").all())
      assert.match(await figure.getAttribute("aria-label"), /\.$/);
  }));

test("a first field is drawn soon after opening", () =>
  visit(async (page) => {
    const drawn = await page.waitForFunction(() => {
      const canvas = document.querySelector("canvas.plane");
      return canvas.getContext("2d").getImageData(canvas.width / 2, 3, 1, 1).data[3] === 255 && performance.now();
    });
    const since = await drawn.jsonValue();
    assert.ok(since < 5000, `${since} ms`); // on a machine that may be busy with other tests
  }));

test("it learns when it is played, and stands when it is paused", () =>
  visit(async (page) => {
    await button(page, "Play").click();
    await page.waitForFunction(
      () => Number(/accuracy\s+([\d.]+)/.exec(document.querySelector("[role=status]").innerText)?.[1]) > 97,
      undefined,
      { timeout: 60000 },
    );
    await button(page, "Pause").click();
    await button(page, "Play").waitFor();
    const at = await update(page);
    assert.ok(at > 100);
    await page.waitForTimeout(200);
    assert.equal(await update(page), at);
    await button(page, "Back to start").click();
    await reached(page, 0);
  }));

/** Experiments as fields say them, and as the command line does. */
const experiments = [
  { data: "moons", source: "moons:samples=300,noise=0.2", network: "2-6relu-2softmax", optimizer: "sgd", lr: "0.1", batch: "1", seed: "3" },
  { data: "circles", source: "circles:samples=300,noise=0.1,factor=0.5", network: "2-5tanh-5sigmoid-2softmax", optimizer: "adam", lr: "0.01", batch: "7", seed: "5" },
  { data: "blobs", source: "blobs:samples=240,centers=4,cluster-std=1.2", network: "2-4silu-4softmax", optimizer: "rmsprop", lr: "0.003", batch: "32", seed: "1" },
  { data: "xor", source: "xor:samples=200,noise=0.2", network: "2-3tanh-2softmax", optimizer: "sgd", lr: "0.5", batch: "full", seed: "0" },
  { data: "gaussian", source: "gaussian:samples=200,noise=0.05", network: "1-8tanh-1", optimizer: "adam", lr: "0.02", batch: "16", seed: "11" },
  { data: "iris", source: "iris", network: "4-6gelu-3softmax", optimizer: "adam", lr: "0.01", batch: "10", seed: "42", scale: "standard" },
];

/** Sets the fields, trains, and holds the parameters to those of the command line. */
async function agrees(page, e, epochs) {
  await choice(page, "Data").selectOption(e.data);
  await type(page, "Seed", e.seed);
  await type(page, "Network", e.network);
  await choice(page, "Optimizer").selectOption(e.optimizer);
  if (e.lr) await type(page, "Learning rate", e.lr);
  await type(page, "Batch", e.batch);
  await button(page, "Back to start").click();
  await reached(page, 0);
  await button(page, "One update").click();
  for (let k = 0; k < epochs; ++k) await button(page, "One epoch").click();
  await button(page, "One update").click();
  await page.waitForTimeout(100);
  const sha = await sha256(page);
  const updates = await update(page);
  assert.ok(updates > epochs);
  const said = await trained([
    e.source, "--network", e.network, "--optimizer", e.optimizer, ...(e.lr ? ["--lr", e.lr] : []),
    ...(e.optimizer === "lbfgs" ? [] : ["--batch", e.batch]), "--seed", e.seed, "--test", "0.2", "--updates", `${updates}`,
    ...(e.scale ? ["--scale", e.scale] : []),
  ]);
  assert.equal(sha, said.parameters_sha256, JSON.stringify({ ...e, updates }));
}

for (const e of experiments)
  test(`on ${e.data} the parameters are those of the command line, to the last bit`, () => visit((page) => agrees(page, e, 2)));

test("a mistake in the network is told where it is, and nothing is lost", () =>
  visit(async (page) => {
    await button(page, "One epoch").click();
    await page.waitForTimeout(100);
    const at = await update(page);
    await type(page, "Network", "2-8tahn-2softmax");
    const alert = page.getByRole("alert").filter({ hasText: "tahn" });
    await alert.waitFor();
    assert.match(await alert.innerText(), /character 4/);
    assert.equal(await update(page), at);
    await type(page, "Network", "2-8tanh-2softmax");
    await alert.waitFor({ state: "detached" });
    await reached(page, 0);
  }));

test("a parameter is set in the table, and the run goes on from it", () =>
  visit(async (page) => {
    const value = page.getByRole("table", { name: "Parameters" }).getByRole("textbox").first();
    const before = await sha256(page);
    await value.fill("0.25");
    await value.press("Enter");
    await page.waitForTimeout(200);
    assert.equal(await value.inputValue(), "0.25");
    assert.notEqual(await sha256(page), before);
    await value.fill("much");
    await value.press("Enter");
    await page.getByRole("alert").filter({ hasText: "much" }).waitFor();
    assert.equal(await value.inputValue(), "0.25");
  }));

test("the gradient is proven number by number", () =>
  visit(async (page) => {
    await button(page, "Prove").click();
    await page.getByText("The gradient is right").waitFor({ timeout: 60000 });
    const rows = page.getByRole("table", { name: "Parameters" }).getByRole("row");
    assert.equal(await rows.nth(1).getByRole("cell").last().innerText(), "right");
    assert.match(await status(page).innerText(), /update/);
  }));

const slider = (page) => page.getByRole("slider", { name: "Update", exact: true });

/** Makes updates until so many are made, and goes to one of them. */
async function seek(page, wanted) {
  await slider(page).fill(`${wanted}`);
  await reached(page, wanted);
  await page.waitForTimeout(50);
}

test("any update is gone back to, and on from, to the same bits", () =>
  visit(async (page) => {
    for (let k = 0; k < 4; ++k) await button(page, "One epoch").click();
    await reached(page, 96);
    const last = await sha256(page);
    const options = [
      "spirals:samples=300,noise=0.05,turns=1", "--network", "2-8tanh-8tanh-2softmax", "--optimizer", "adam", "--lr", "0.005",
      "--batch", "10", "--seed", "1", "--test", "0.2",
    ];
    for (const wanted of [31, 95, 1]) {
      await seek(page, wanted);
      assert.equal(await sha256(page), (await trained([...options, "--updates", `${wanted}`])).parameters_sha256);
    }
    await seek(page, 96);
    assert.equal(await sha256(page), last);
  }));

test("a branch goes another way, and both lie side by side", () =>
  visit(async (page) => {
    await button(page, "One epoch").click();
    await button(page, "One epoch").click();
    await reached(page, 48);
    const before = await sha256(page);
    await seek(page, 24);
    await button(page, "Branch").click();
    await type(page, "Learning rate", "0.05");
    await button(page, "One epoch").click();
    await reached(page, 48);
    assert.notEqual(await sha256(page), before);
    await button(page, "Compare").click();
    const table = page.getByRole("table", { name: "What differs" });
    assert.match(await table.innerText(), /optimizer.learning_rate\s+0.05\s+0.005/);
    await button(page, "Take up main").click();
    await reached(page, 24);
    await seek(page, 48);
    assert.equal(await sha256(page), before);
  }));

test("a link repeats the run in a fresh profile, with what was changed on the way", async () => {
  let link;
  let sha;
  await visit(async (page) => {
    await button(page, "One epoch").click();
    await reached(page, 24);
    await type(page, "Learning rate", "0.03");
    await button(page, "One update").click();
    await reached(page, 25);
    const value = page.getByRole("table", { name: "Parameters" }).getByRole("textbox").nth(3);
    await value.fill("-0.5");
    await value.press("Enter");
    await button(page, "One epoch").click();
    await reached(page, 48);
    sha = await sha256(page);
    await button(page, "Copy link").click();
    link = new URL(await page.getByRole("textbox", { name: /^Link/ }).inputValue()).hash;
  });
  await visit(async (page) => {
    await status(page).getByText(sha).waitFor();
    assert.equal(await update(page), 48);
    assert.equal(await box(page, "Learning rate").inputValue(), "0.03");
  }, link);
  await visit(async (page) => {
    await page.getByRole("alert").filter({ hasText: "cut" }).waitFor();
    await reached(page, 0);
  }, link.slice(0, -30));
  const newer = gzipSync(JSON.stringify({ version: 2, keys: {}, changes: [], update: 0 })).toString("base64url");
  await visit(async (page) => {
    await page.getByRole("alert").filter({ hasText: "newer" }).waitFor();
    await reached(page, 0);
  }, `#run=${newer}`);
});

const table = "width,height,kind\n" + Array.from({ length: 40 }, (_, k) => `${k % 7},${(k * k) % 11},${k % 2 ? "cat" : "dog"}`).join("\n");

test("a table of one's own is trained on, and one that is broken is told of by its line", () =>
  visit(async (page) => {
    await choose(page, "pets.csv", table);
    await page.getByText("cat").first().waitFor();
    await button(page, "One epoch").click();
    await page.waitForTimeout(100);
    const at = await update(page);
    const sha = await sha256(page);
    await button(page, "Command line").click();
    const command = await page.locator(".along code").innerText();
    const said = await atTheCommandLine({ "pets.csv": table }, (_, run) => run(...words(command), "--quiet", "-o", "a.model"));
    assert.equal(said.parameters_sha256, sha);
    await choose(page, "broken.csv", `${table}\n1,2`);
    await page.getByRole("alert").filter({ hasText: "broken.csv" }).waitFor();
    assert.match(await page.getByRole("alert").innerText(), /broken.csv:42: expected 3 columns/);
    assert.equal(await update(page), at);
    assert.equal(await sha256(page), sha);
  }));

test("what is no model, and what is too large, is refused in one line, and nothing is lost", () =>
  visit(async (page) => {
    await button(page, "One epoch").click();
    await reached(page, 24);
    const sha = await sha256(page);
    await choose(page, "other.model", "neither a model nor anything else");
    await page.getByRole("alert").filter({ hasText: "other.model" }).waitFor();
    await choose(page, "huge.csv", "x".repeat(25e6));
    await page.getByRole("alert").filter({ hasText: "at most 20 MB" }).waitFor();
    await choose(page, "broken.toml", "seed = ");
    await page.getByRole("alert").filter({ hasText: "broken.toml" }).waitFor();
    assert.equal((await page.getByRole("alert").innerText()).trim().split("\n").length, 1);
    assert.equal(await update(page), 24);
    assert.equal(await sha256(page), sha);
  }));

test("a rate that is too large ends the run in words, and from before it goes on", () =>
  visit(async (page) => {
    await choice(page, "Data").selectOption("gaussian");
    await choice(page, "Optimizer").selectOption("sgd");
    await type(page, "Network", "1-8relu-1");
    await type(page, "Learning rate", "1e6");
    await button(page, "Play").click();
    await status(page).getByText("diverged").waitFor();
    assert.match(await status(page).innerText(), /non-finite|not finite|nan|inf/i);
    await button(page, "Play").waitFor(); // it stands
    await button(page, "Back to start").click();
    await reached(page, 0);
    await type(page, "Learning rate", "0.01");
    await button(page, "One epoch").click();
    await page.waitForTimeout(200);
    assert.ok((await update(page)) > 0);
    assert.doesNotMatch(await status(page).innerText(), /diverged/);
  }));

test("the model file and the experiment are read by the command line", () =>
  visit(async (page) => {
    await button(page, "One epoch").click();
    await reached(page, 24);
    const sha = await sha256(page);
    await atTheCommandLine({}, async (folder, run) => {
      for (const [name, file] of [["Model file", "page.model"], ["Experiment", "page.toml"]]) {
        const download = page.waitForEvent("download");
        await button(page, name).click();
        await (await download).saveAs(join(folder, file));
      }
      assert.equal(run("show", "page.model").parameters_sha256, sha);
      assert.equal(run("run", "page.toml").parameters_sha256, sha);
    });
  }));

test("a planted fault is named by the checker", () =>
  visit(async (page) => {
    await choice(page, "Planted fault").selectOption("sign");
    await reached(page, 0);
    await button(page, "Prove").click();
    await page.getByText("The gradient is wrong").waitFor({ timeout: 60000 });
    assert.match(await page.locator(".verdict").innerText(), /sign/);
  }));

test("a hidden fault is asked for, and found by what the checker says of it", () =>
  visit(async (page) => {
    await button(page, "Hide a fault").click();
    const which = choice(page, "Which fault");
    await which.waitFor();
    await button(page, "Prove").click();
    await page.getByText("The gradient is wrong").waitFor({ timeout: 60000 });
    assert.equal(await page.locator(".verdict p").count(), 0); // it names nothing yet
    const kinds = await which.locator("option").evaluateAll((options) => options.map((option) => option.value).filter(Boolean));
    const answers = [];
    for (const kind of kinds) {
      await which.selectOption(kind);
      if (await page.getByText("Right.", { exact: true }).count()) answers.push(kind);
    }
    assert.equal(answers.length, 1);
    await button(page, "Without the fault").click();
    await choice(page, "Planted fault").waitFor();
    await button(page, "Prove").click();
    await page.getByText("The gradient is right").waitFor({ timeout: 60000 });
  }));

test("points set by hand are learned, and a link carries them", async () => {
  let link;
  let sha;
  await visit(async (page) => {
    await button(page, "Draw points").click();
    const paper = page.locator("canvas.paper");
    await paper.waitFor();
    const box = await paper.boundingBox();
    for (const [x, y] of [[0.2, 0.2], [0.3, 0.35], [0.25, 0.6]]) await page.mouse.click(box.x + x * box.width, box.y + y * box.height);
    await choice(page, "Class").selectOption("b");
    await page.mouse.click(box.x + 0.8 * box.width, box.y + 0.7 * box.height);
    await page.getByRole("textbox", { name: "x", exact: true }).fill("0.5");
    await button(page, "Add the point").click();
    await page.getByText("5 samples to train on").waitFor();
    await button(page, "One epoch").click();
    await reached(page, 1);
    sha = await sha256(page);
    await button(page, "Copy link").click();
    link = new URL(await page.getByRole("textbox", { name: /^Link/ }).inputValue()).hash;
  });
  await visit(async (page) => {
    await status(page).getByText(sha).waitFor();
  }, link);
});

test("each chapter is gone through by keyboard, and all that it offers can be tried", () =>
  visit(async (page) => {
    const titles = await page.getByRole("navigation", { name: "Chapters" }).getByRole("button").allInnerTexts();
    assert.ok(titles.length >= 5);
    for (const title of titles) {
      await button(page, title).press("Enter");
      const chapter = page.getByRole("article");
      await chapter.getByRole("heading", { name: new RegExp(`${title}$`) }).waitFor();
      if (await chapter.locator(".formula").count()) await chapter.locator("math").first().waitFor();
      await page.waitForTimeout(100);
      await button(page, "One epoch").press("Enter");
      for (const one of await chapter.locator("ol button").all()) {
        await one.press("Enter");
        await page.waitForTimeout(300);
        assert.deepEqual(await page.getByRole("alert").allInnerTexts(), [], `${title}: ${await one.innerText()}`);
      }
      await chapter.locator("summary").press("Enter");
      await chapter.locator("details p").waitFor();
      await button(page, "Close the chapter").press("Enter");
      await chapter.waitFor({ state: "detached" });
    }
  }));

test("nothing serious hinders who does not see the page", () =>
  visit(async (page) => {
    await button(page, "Prove").click();
    await page.getByText("The gradient is right").waitFor({ timeout: 60000 });
    await button(page, "Compare").click();
    const source = await readFile(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
    await page.evaluate(source);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    const grave = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
    assert.deepEqual(grave.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), []);
  }));

/** Repeatable numbers from 0 to below 1 (mulberry32). */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** An experiment drawn by chance: data, widths, activations, optimizer and all that is said of them. */
function drawn(next) {
  const one = (list) => list[Math.floor(next() * list.length)];
  const e = one(experiments);
  const [inputs, ...rest] = e.network.split("-");
  const layer = () => `${1 + Math.floor(next() * 9)}${one(["tanh", "relu", "sigmoid", "gelu", "silu", "elu", "softplus", "identity", "mish"])}`;
  const network = [inputs, ...Array.from({ length: Math.floor(next() * 3) }, layer), rest.at(-1)].join("-");
  const [optimizer, lr] = one([["sgd", "0.05"], ["adam", "0.01"], ["rmsprop", "0.002"], ["adagrad", "0.05"], ["adamw", "0.003"], ["lbfgs", ""]]);
  return { ...e, network, optimizer, lr, batch: one(["1", "3", "16", "full"]), seed: `${Math.floor(next() * 1e6)}` };
}

test("experiments drawn by chance have the parameters of the command line, to the last bit", () =>
  visit(async (page) => {
    const next = random(15);
    for (let k = 0; k < Number(process.env.GRADUS_PAGE_EXPERIMENTS ?? 10); ++k) {
      const e = drawn(next);
      await agrees(page, e, 1 + Math.floor(next() * 3));
    }
  }));

test("no sequence of actions leaves a word on the console", () =>
  visit(async (page) => {
    const sequences = Number(process.env.GRADUS_PAGE_SEQUENCES ?? 3);
    for (let seed = 1; seed <= sequences; ++seed) {
      const next = random(seed);
      const one = (list) => list[Math.floor(next() * list.length)];
      const actions = [
        () => button(page, one(["One update", "One epoch", "Back to start", "Branch", "Compare", "Copy link", "Show SHA-256"])).click(),
        async () => {
          const name = (await button(page, "Play").count()) ? "Play" : "Pause";
          await button(page, name).click({ timeout: 2000 }).catch(() => undefined);
        },
        () => choice(page, "Data").selectOption(one(["moons", "circles", "blobs", "xor", "gaussian", "iris"])),
        () => type(page, "Network", one(["2-4tanh-2softmax", "2-3relu-3relu-2softmax", "nonsense", "2-0tanh-2", "4-3softmax", ""])),
        () => type(page, "Learning rate", one(["0.1", "1e9", "-1", "", "0.001"])),
        () => type(page, "Batch", one(["1", "full", "0", "7", "x"])),
        () => type(page, "Seed", one(["1", "2", "-4", "4294967295"])),
        () => choice(page, "Optimizer").selectOption(one(["sgd", "adam", "lbfgs", "rmsprop"])),
        () => choice(page, "Loss").selectOption(one(["auto", "mse", "cross-entropy"])),
        () => slider(page).fill(`${Math.floor(next() * 20)}`).catch(() => undefined), // beyond what there is
      ];
      for (let k = 0; k < 25; ++k) await one(actions)();
    }
    await button(page, "Back to start").click();
    await reached(page, 0);
  }));
