// The capacity curve on the page: the same counts as on the command line, of a scenario and of a file that stays in the browser.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

import { screenshot } from "./harness.mjs";
import { accessible, button, controls, finish, link, sharedWorld, until, up, visit } from "./person.mjs";

/** What `cachelane curve default --policy lru,sieve --csv` prints at the page's capacities; tests/curve.rs writes it. */
const GOLDEN = readFileSync(new URL("../data/curve.csv", import.meta.url), "utf8");

const world = sharedWorld();

const panel = (page) => page.getByRole("region", { name: /^(Capacity curve|용량별 미스율)$/ });
const begin = (page) => panel(page).getByRole("button", { name: /^(Draw the curve|곡선 그리기)$/ });
const rows = (page) => panel(page).getByRole("table").evaluate((table) => [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim())));

/** Begins, and waits for the end. */
async function draw(page) {
  await begin(page).click();
  await panel(page).getByText(/^(The curves are finished\.|곡선을 모두 그렸습니다\.)$/).waitFor({ state: "attached", timeout: 80_000 });
}

/** What the panel gives to take home: by policy and capacity, requests and hits. */
async function csv(page) {
  const [file] = await Promise.all([page.waitForEvent("download"), button(panel(page), "Download CSV").click()]);
  return readFile(await file.path(), "utf8");
}

visit(world, "a scenario's curve is that of the command line, to the bit, its present capacity is marked and another one can be used", "#v2", async (page) => {
  await finish(page);
  await draw(page);
  assert.equal(await csv(page), GOLDEN);
  const golden = GOLDEN.trim().split("\n").slice(1).map((line) => line.split(","));
  const all = await rows(page);
  assert.equal(all.length, golden.length / 2);
  for (const [capacity, lru, sieve, use] of all) {
    const misses = (policy) => `${(100 * golden.find((row) => row[0] === policy && row[1] === capacity.replace(",", ""))[5]).toFixed(2)} %`;
    assert.deepEqual([lru, sieve], [misses("lru"), misses("sieve")], capacity);
    assert.equal(use, capacity === "500" ? "present capacity" : "Use");
  }
  // Each line falls from the left to the right, over decades.
  const lines = await panel(page).locator("svg .curve").evaluateAll((paths) => paths.map((path) => path.getAttribute("d").slice(1).split("L").map((at) => at.split(" ").map(Number))));
  assert.deepEqual(lines.map((points) => points.length), [all.length, all.length]);
  for (const points of lines) assert.ok(points.every(([x, y], i) => i === 0 || (x > points[i - 1][0] && y >= points[i - 1][1] - 0.2)), `${points}`);
  const mark = () => panel(page).locator("svg .own-load").evaluate((path) => path.getBBox().x);
  const before = await mark();
  const most = all.at(-1)[0];
  const entries = most.replace(",", "");
  await button(panel(page), `Use a capacity of ${most} entries`).click();
  await until("it is in the link", async () => (await link(page)).includes(`cache.capacity=${entries}`));
  await until("the mark moves", async () => (await mark()) > before);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), `${most} entries: the present capacity`, "who has pressed it keeps the focus");
  await panel(page).getByRole("status").getByText(`In the scenario now: ${most} entries`).waitFor({ state: "attached" });
  assert.equal(await panel(page).getByText("The scenario has changed").count(), 0, "the curve is still that of its requests");
  await button(page, "Undo").click();
  await until("one step back", async () => !(await link(page)).includes("cache.capacity"));
  await controls(page).getByRole("slider", { name: "Write ratio" }).press("ArrowRight");
  await panel(page).getByText("The scenario has changed").waitFor();
});

visit(world, "what the lanes missed stands beside what the curve says, and one step leads to the curve of the whole system", "#v2", async (page) => {
  await finish(page);
  await draw(page);
  const told = /the curve of lru is at ([\d.]+) %;.* missed: Look-aside ([\d.]+) % · /.exec(await panel(page).innerText());
  assert.ok(told && Number(told[1]) < 25 && Number(told[2]) > 35, `${told}: deletes and TTLs are no matter of room`);
  await button(panel(page), "Set up that sweep").press("Enter");
  const sweep = page.getByRole("region", { name: "Sweep" });
  await until("the field is there", async () => (await sweep.getByLabel("Field to vary").inputValue()) === "cache.capacity");
  assert.equal(await sweep.getByRole("textbox", { name: "Values", exact: true }).inputValue(), "125..2000/log5");
  await until("the reader is there", () => page.evaluate(() => document.activeElement.id === "sweep"));
});

visit(world, "where no lane has a cache it is said, and no capacity can be used", "#v2&preset=tipping-point", async (page) => {
  await panel(page).getByText("No lane reads from a cache").waitFor();
  await draw(page);
  assert.ok((await rows(page)).every((row) => row.length === 3), "a size and two policies");
  assert.equal(await panel(page).getByText(/^(Use|present capacity.*|Set up that sweep)$/).count(), 0);
}, { wait: up });

/** Misses of LRU, counted as one writes it down first. */
function misses(keys, capacity) {
  const held = new Map();
  let count = 0;
  for (const key of keys) {
    if (!held.delete(key)) count += 1;
    held.set(key, true);
    if (held.size > capacity) held.delete(held.keys().next().value);
  }
  return count;
}

visit(world, "a file's curve is that of its requests, with the policies that are chosen, and the file does not leave the browser", "#v2", async (page) => {
  let sent = 0;
  page.on("request", (request) => (sent += request.postData() ? 1 : 0));
  const keys = Array.from({ length: 60_000 }, (_, i) => (i * i * 31 + (i % 13) * 7) % (i % 3 ? 400 : 2_000));
  await controls(page).getByLabel("Replay a trace").setInputFiles({ name: "keys.txt", mimeType: "", buffer: Buffer.from(keys.map((key) => `k${key}\n`).join("")) });
  await panel(page).getByText("From the requests of keys.txt.").waitFor();
  for (const name of ["sieve", "lru"]) await panel(page).getByLabel(name, { exact: true }).setChecked(false);
  for (const box of await panel(page).getByRole("checkbox", { checked: true }).all()) await box.setChecked(false);
  await panel(page).getByText("Choose at least one policy.").waitFor();
  for (const name of ["lru", "fifo"]) await panel(page).getByLabel(name, { exact: true }).setChecked(true);
  await draw(page);
  const points = (await csv(page)).trim().split("\n").slice(1).map((line) => line.split(","));
  assert.deepEqual(new Set(points.map(([policy]) => policy)), new Set(["lru", "fifo"]));
  for (const [policy, capacity, requests, , missed] of points) {
    assert.equal(Number(requests), keys.length);
    if (policy === "lru") assert.equal(Number(missed), misses(keys, Number(capacity)), capacity);
  }
  assert.ok(points.length > 20, `${points.length} points`);
  assert.equal(sent, 0, "nothing was sent anywhere");
});

/** Drags a file over a part of the page, and drops it there. */
async function drop(page, part, name, text) {
  const dataTransfer = await page.evaluateHandle(([name, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name));
    return data;
  }, [name, text]);
  await part.dispatchEvent("dragover", { dataTransfer });
  await until("it is seen where the file would go", async () => (await page.locator(".drop.over").count()) === 1);
  await part.dispatchEvent("drop", { dataTransfer });
  await until("it is over", async () => (await page.locator(".drop.over").count()) === 0);
}

visit(world, "a file can be dropped on the panel and on the settings' input, and one that is no trace is told beside the button", "#v2", async (page) => {
  await drop(page, panel(page), "bad.csv", "foo,bar\n1,2\n3,4\n");
  const told = panel(page).locator(".trace-input .complaint");
  await told.getByText("bad.csv").waitFor();
  assert.match(await panel(page).innerText(), /What begins with -- is an option of the command line/);
  assert.equal(await controls(page).locator(".trace-input .complaint").innerText(), await told.innerText(), "beside the other button, too");
  await drop(page, panel(page), "keys.txt", "a\nb\na\nc\n".repeat(100));
  await panel(page).getByText("From the requests of keys.txt.").waitFor();
  assert.equal(await page.locator(".trace-input .complaint").count(), 0, "that was another file");
  await drop(page, controls(page).locator(".trace-input"), "others.txt", "a\nb\n".repeat(100));
  await panel(page).getByText("From the requests of others.txt.").waitFor();
  await button(page, "Share").click();
  await page.getByRole("dialog").getByText(/nor what you have asked below the figures/).waitFor();
});

visit(world, "what is cancelled ends its workers and keeps what has been drawn", "#v2", async (page) => {
  await finish(page);
  const before = page.workers().length;
  for (const box of await panel(page).getByRole("checkbox").all()) await box.setChecked(true);
  await begin(page).click();
  await until("workers of its own", () => page.workers().length > before);
  await until("a curve", async () => (await panel(page).locator("svg .curve").count()) > 0);
  await button(panel(page), "Cancel").click();
  await until("they are gone", () => page.workers().length === before);
  assert.match(await panel(page).innerText(), /Cancelled: \d+ of \d+ curves/);
  assert.ok(await begin(page).evaluate((button) => button === document.activeElement), "who has pressed it keeps the focus");
});

const SIZES = { wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
for (const [size, locale, colorScheme] of [["wide", "en", "light"], ["phone", "ko", "dark"], ["wide", "ko", "dark"], ["phone", "en", "light"]]) {
  visit(world, `the curve is accessible and fits: ${size}, ${locale}, ${colorScheme}`, "#v2", async (page) => {
    await draw(page);
    const [has, shows] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(has <= shows, `${has} px in ${shows}: no scrolling to the side`);
    await panel(page).scrollIntoViewIfNeeded();
    await panel(page).screenshot({ path: await screenshot(page, `curve-${size}-${locale}-${colorScheme}`, { fullPage: false }) });
    await accessible(page, { part: ".seeds" });
    if (locale === "ko") {
      const text = (await panel(page).innerText()).replace(/CSV|TTL|SHARDS|lru|fifo|lfu|random|clock|sieve|slru|lirs|arc|tinylfu|redis|gdsf/g, "");
      assert.deepEqual(text.match(/[a-z]{3,}/gi) ?? [], [], "nothing is left in English");
    }
  }, { locale: locale === "ko" ? "ko-KR" : "en-US", colorScheme, viewport: SIZES[size], reducedMotion: "reduce", wait: up });
}
