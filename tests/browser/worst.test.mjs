// The worst run on the page: what is found and what it is made smaller to are those of the command line, and both can be opened.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

import { screenshot } from "./harness.mjs";
import { accessible, board, button, controls, ended, finish, link, sharedWorld, until, up, visit } from "./person.mjs";

/** What `cachelane worst` and `cachelane shrink` print of this link's scenario; tests/worst.rs writes them. */
const golden = (name) => readFileSync(new URL(`../data/${name}`, import.meta.url), "utf8");
const [WORST, SHRINK] = ["worst.json", "shrink.json"].map(golden);
const SHORT = "#v2&duration=6s&fault.0.at=3s";

const world = sharedWorld();

const panel = (page) => page.getByRole("region", { name: /^(Worst run|최악의 실행)$/ });
const begin = (page) => panel(page).getByRole("button", { name: /^(Find the worst of \d+ seeds|시드 \d+개 중 최악 찾기)$/ });
const smaller = (page) => panel(page).getByRole("button", { name: /^(Make it smaller|더 작게 줄이기)$/ });
const seeds = (page) => panel(page).getByLabel(/^(Seeds|시드 수)/);
const moves = (page) => panel(page).getByLabel(/^(Also move the faults|장애 시점도 바꾸기)$/);
const end = (page, which) => panel(page).getByRole("textbox").nth(which);
const stale = (page) => panel(page).getByText("The scenario has changed");
const has = (focused) => focused.evaluate((button) => button === document.activeElement);
const rows = (table) => table.evaluate((table) => [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim())));

/** What a button of the panel gives to take home. */
async function download(page, which) {
  const save = panel(page).getByRole("button", { name: "Download JSON" }).nth(which);
  const [file] = await Promise.all([page.waitForEvent("download"), save.click()]);
  return readFile(await file.path(), "utf8");
}

/** Searches twenty seeds, and moves the fault. */
async function search(page, range = ["2s", "5s"]) {
  await seeds(page).selectOption("20");
  if (range) {
    await moves(page).check();
    for (const [which, at] of range.entries()) await end(page, which).fill(at);
  }
  await begin(page).click();
  await panel(page).getByText(/^(\d+ runs finished\.|실행 \d+회를 마쳤습니다\.)$/).first().waitFor({ state: "attached", timeout: 80_000 });
}

/** Makes it smaller. */
async function shrink(page) {
  await smaller(page).click();
  await panel(page).getByRole("button", { name: /^(Open the smaller scenario|줄인 시나리오 열기)$/ }).waitFor({ timeout: 80_000 });
}

visit(world, "the worst run and what it shrinks to are those of the command line, to the byte, and both can be opened", SHORT, async (page) => {
  await finish(page);
  const [found, shrunk] = [WORST, SHRINK].map((text) => JSON.parse(text));
  await search(page);
  assert.ok(await has(begin(page)), "who has pressed it keeps the focus");
  assert.equal(await download(page, 0), WORST);
  const table = panel(page).getByRole("table").first();
  const said = await rows(table);
  assert.deepEqual(said.map((row) => [row[2], row[3], row[4], row[5]]), found.worst.map((run) => [run.value.toLocaleString("en"), run.lane, `${run.seed}`, `${run.first_fault_s.toFixed(3)} s`]));
  await panel(page).getByText(`Lost writes in the scenario as it stood: ${found.own} (seed 7, first fault at 3.000 s)`).waitFor();
  // The worst one, in one step: its seed and its moment.
  const [worst] = found.worst;
  await button(panel(page), `Open seed ${worst.seed}, first fault at ${worst.first_fault_s.toFixed(3)} s`).click();
  await until("both are in the link", async () => (await link(page)).includes(`seed=${worst.seed}`) && /fault\.0\.at=/.test(await link(page)));
  const here = button(panel(page), `seed ${worst.seed}, first fault at ${worst.first_fault_s.toFixed(3)} s: on the page`);
  await here.waitFor();
  assert.ok(await has(here), "who has pressed it keeps the focus");
  await ended(page);
  await until("the scoreboard has it", async () => (await board(page, "Lost"))[worst.lane] === worst.value);
  assert.equal(await stale(page).count(), 0, "it is one of the runs that were tried");
  assert.equal(await end(page, 0).inputValue(), "2s");
  await button(page, "Undo").click();
  await until("one step back", async () => !/seed=/.test(await link(page)) && /fault\.0\.at=3s/.test(await link(page)));
  // The smallest that still loses a write.
  await shrink(page);
  assert.equal(await download(page, 1), SHRINK);
  assert.deepEqual((await rows(panel(page).getByRole("table").nth(1))).map(([what, value]) => [what, Number(value)]), shrunk.steps.map((step) => [step.what, step.value]));
  await panel(page).getByText(`Lost writes: ${shrunk.own} before, ${shrunk.left} left (at least 1) · ${shrunk.runs} runs`).waitFor();
  await button(panel(page), "Open the smaller scenario").click();
  await until("one lane", async () => (await page.getByRole("region", { name: "Scoreboard" }).getByRole("table").locator("tbody tr").count()) === 1);
  await finish(page);
  await until("it shows as much", async () => (await board(page, "Lost"))[shrunk.lane] === shrunk.left);
  await stale(page).waitFor();
  assert.equal(await smaller(page).count(), 0, "of another scenario");
  await button(page, "Undo").click();
  await until("there again", async () => (await stale(page).count()) === 0);
});

visit(world, "a search by one measure in one lane, and what is cancelled ends its workers and keeps what there is", "#v2", async (page) => {
  await finish(page);
  const before = page.workers().length;
  await seeds(page).selectOption("100");
  await panel(page).getByLabel("Measure").selectOption({ label: "Write p99 without failed requests" });
  await panel(page).getByLabel("Lane").selectOption({ label: "Write-back" });
  await begin(page).click();
  await until("workers of its own", () => page.workers().length > before);
  await until("some runs", async () => (await panel(page).getByRole("progressbar").evaluate((bar) => bar.value)) >= 3);
  await page.keyboard.press("Escape");
  await until("they are gone", () => page.workers().length === before);
  assert.match(await panel(page).innerText(), /Cancelled: the worst of \d+ of 100 runs/);
  assert.ok(await has(begin(page)), "who has pressed it keeps the focus");
  const all = await rows(panel(page).getByRole("table"));
  assert.ok(all.length >= 3 && all.every((row) => /^[\d.]+ ms$/.test(row[2]) && row[3] === "Write-back"), `${all}`);
  assert.equal(await button(panel(page), "Download JSON").count(), 0, "that is not what the command line says");
  await smaller(page).click();
  await until("a worker of its own", () => page.workers().length > before);
  await page.keyboard.press("Escape");
  await until("it is gone", () => page.workers().length === before);
  assert.ok(await has(smaller(page)), "who has pressed it keeps the focus");
  await controls(page).getByRole("slider", { name: "Write ratio" }).press("ArrowRight");
  await stale(page).waitFor();
});

visit(world, "what cannot be searched is told beside its field before anything runs", SHORT, async (page) => {
  const before = page.workers().length;
  await moves(page).check();
  assert.deepEqual([await end(page, 0).inputValue(), await end(page, 1).inputValue()], ["2.25s", "3.75s"], "around where it is");
  const complaint = panel(page).getByRole("alert");
  for (const [which, typed, told] of [[0, "soon", "First fault, earliest = soon: must be a moment from 0s to 5.999s"], [1, "9s", "First fault, latest = 9s: must be a moment from 2.25s to 5.999s"]]) {
    const was = await end(page, which).inputValue();
    await end(page, which).fill(typed);
    await complaint.getByText(told).waitFor();
    assert.equal(await end(page, which).getAttribute("aria-invalid"), "true");
    assert.ok(await button(panel(page), "Find the worst run").isDisabled());
    await end(page, which).fill(was);
    await begin(page).waitFor();
  }
  assert.equal(page.workers().length, before, "nothing has run");
  await page.evaluate(() => (location.hash = "#v2&fault.count=0"));
  await until("no fault to move", async () => (await moves(page).count()) === 0);
  await begin(page).waitFor();
});

const TRACE = "#v2&duration=8s&fault.0.at=1s&clients.keys=(kind:trace,file:keys.txt)";
visit(world, "a trace is replayed in every run, once it is open; another one of the same name takes the result away", TRACE, async (page) => {
  await panel(page).getByText("replays a trace that is not open").waitFor();
  assert.equal(await begin(page).count(), 0);
  await page.locator(".section.clients").evaluate((section) => (section.open = true));
  const open = (times) => page.locator(".section.clients input[type=file]").setInputFiles({ name: "keys.txt", mimeType: "", buffer: Buffer.from("a\nb\na\nc\n".repeat(times)) });
  await open(50);
  await begin(page).waitFor();
  await panel(page).getByLabel(/^Measure/).selectOption("requests");
  await search(page, null);
  const found = JSON.parse(await download(page, 0));
  assert.deepEqual([...new Set(found.worst.map(({ value }) => value))], [200], "as many as the file has lines");
  await open(60);
  await until("the result is gone", async () => (await panel(page).getByRole("table").count()) === 0);
  await search(page, null);
  assert.equal(JSON.parse(await download(page, 0)).worst[0].value, 240);
}, { wait: (page) => panel(page).waitFor() });

const SIZES = { wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
for (const [size, locale, colorScheme] of [["wide", "en", "light"], ["phone", "ko", "dark"], ["wide", "ko", "dark"], ["phone", "en", "light"]]) {
  visit(world, `the worst run is accessible and fits: ${size}, ${locale}, ${colorScheme}`, SHORT, async (page) => {
    await search(page);
    await shrink(page);
    const [wide, shows] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= shows, `${wide} px in ${shows}: no scrolling to the side`);
    await panel(page).screenshot({ path: await screenshot(page, `worst-${size}-${locale}-${colorScheme}`, { fullPage: false }) });
    await accessible(page, { part: ".worst" });
    if (locale === "ko") {
      const shown = await panel(page).evaluate((panel) => {
        const copy = panel.cloneNode(true);
        copy.querySelectorAll("select").forEach((part) => part.remove());
        return copy.textContent;
      });
      const text = shown.replace(/cache\.crash|[\d.]+m?s|CSV|JSON/g, "");
      assert.deepEqual(text.match(/[a-z]{3,}/gi) ?? [], [], "nothing is left in English");
    }
  }, { locale: locale === "ko" ? "ko-KR" : "en-US", colorScheme, viewport: SIZES[size], reducedMotion: "reduce", wait: up });
}
