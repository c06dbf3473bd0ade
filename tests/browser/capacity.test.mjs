// Hidden capacity on the page: the same numbers as on the command line, lanes as they are known, cancelled at once.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

import { screenshot } from "./harness.mjs";
import { accessible, button, controls, finish, sharedWorld, until, up, visit } from "./person.mjs";

/** What `cachelane capacity --json` prints of this link's scenario; tests/capacity.rs writes it. */
const GOLDEN = readFileSync(new URL("../data/capacity.json", import.meta.url), "utf8");
const RETRIES = "#v2&preset=tipping-point&lane.count=2";

const world = sharedWorld();

const panel = (page) => page.getByRole("region", { name: /^(Hidden capacity|숨은 용량)$/ });
const begin = (page) => panel(page).getByRole("button", { name: /^(Find each lane's capacity|레인별 용량 찾기)$/ });
const rows = (page) => panel(page).getByRole("table").evaluate((table) => [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim())));

/** Waits for the end of the search. */
const searched = (page) => panel(page).getByRole("button", { name: /^(Download JSON|JSON 다운로드)$/ }).waitFor({ timeout: 80_000 });

/** What a button of the panel gives to take home. */
async function download(page, name) {
  const [file] = await Promise.all([page.waitForEvent("download"), panel(page).getByRole("button", { name }).click()]);
  return readFile(await file.path(), "utf8");
}

visit(world, "the loads that lanes serve and recover from are those of the command line, to the bit", RETRIES, async (page) => {
  await finish(page);
  await begin(page).click();
  await searched(page);
  assert.equal(await download(page, "Download JSON"), GOLDEN);
  assert.match(await download(page, "Download CSV"), /^name,serves_per_s,.*\r?\nNo retries,300\.4/);
  // What is seen is those numbers.
  const all = await rows(page);
  for (const [row, lane] of all.map((row, i) => [row, JSON.parse(GOLDEN).lanes[i]])) {
    assert.deepEqual([row[0], row[1], row[4]], [lane.name, `${Math.round(lane.serves_per_s)}/s`, `${Math.round(lane.heals_per_s)}/s`]);
    assert.equal(row[7], `${Math.round((100 * lane.heals_per_s) / lane.serves_per_s)} %`);
  }
  // Two marks for each lane, and between them what is served but not recovered from: widest where requests are tried again.
  const widths = await panel(page).locator("svg .trap").evaluateAll((paths) => paths.filter((path) => path.tagName === "path").map((path) => path.getBBox().width));
  assert.equal(widths.length, 2);
  assert.ok(widths[1] > 20 * widths[0], `${widths}`);
  assert.equal(await panel(page).locator("svg .mark").count(), 4);
});

visit(world, "lanes are told as they become known, what is cancelled ends its workers, and an edit marks what is there", "#v2&preset=tipping-point", async (page) => {
  await finish(page);
  const before = page.workers().length;
  await begin(page).click();
  await until("workers of its own", () => page.workers().length > before);
  await until("a first lane, of one seed", async () => (await panel(page).getByRole("table").count()) > 0 && (await rows(page)).some((row) => /of 3$/.test(row.at(-2))));
  await button(panel(page), "Cancel").click();
  await until("they are gone", () => page.workers().length === before);
  assert.match(await panel(page).innerText(), /Cancelled: results of \d+ of 9 searches/);
  assert.ok((await rows(page)).every((row) => !row.includes("…")), "nothing is on its way any more");
  assert.ok(await begin(page).evaluate((button) => button === document.activeElement), "who has pressed it keeps the focus");
  assert.equal(await panel(page).getByText("The scenario has changed").count(), 0);
  await controls(page).getByRole("slider", { name: "Write ratio" }).press("ArrowRight");
  await panel(page).getByText("The scenario has changed").waitFor();
});

visit(world, "without a fault only what is served is asked, and users who wait have no load to search", "#v2&fault.count=0", async (page) => {
  await panel(page).getByText("The scenario has no fault").waitFor();
  await page.evaluate(() => (location.hash = "#v2&clients.arrivals=closed"));
  await panel(page).getByText('clients.arrivals is "closed", which has no rate to search').waitFor();
  assert.equal(await begin(page).count(), 0);
});

const SIZES = { wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
for (const [size, locale, colorScheme] of [["wide", "en", "light"], ["phone", "ko", "dark"], ["wide", "ko", "dark"], ["phone", "en", "light"]]) {
  visit(world, `hidden capacity is accessible and fits: ${size}, ${locale}, ${colorScheme}`, RETRIES, async (page) => {
    await begin(page).click();
    await searched(page);
    const [has, shows] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(has <= shows, `${has} px in ${shows}: no scrolling to the side`);
    await panel(page).scrollIntoViewIfNeeded();
    await panel(page).screenshot({ path: await screenshot(page, `capacity-${size}-${locale}-${colorScheme}`, { fullPage: false }) });
    await accessible(page, { part: ".seeds" });
    if (locale === "ko") {
      const text = (await panel(page).innerText()).replace(/CSV|JSON/g, "");
      assert.deepEqual(text.match(/[a-z]{3,}/gi) ?? [], [], "nothing is left in English");
    }
  }, { locale: locale === "ko" ? "ko-KR" : "en-US", colorScheme, viewport: SIZES[size], reducedMotion: "reduce", wait: up });
}
