// Many seeds on the page: the same numbers as on the command line, cancelled at once, marked once they are of another scenario.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

import { screenshot } from "./harness.mjs";
import { accessible, button, controls, digests, finish, link, sharedWorld, until, up, visit } from "./person.mjs";

/** What `cachelane compare default --seeds 20 --json` prints of this link's scenario; tests/seeds.rs writes it. */
const GOLDEN = readFileSync(new URL("../data/seeds.json", import.meta.url), "utf8");
const SHORT = "#v2&duration=8s&fault.0.at=4s";

const world = sharedWorld();

const panel = (page) => page.getByRole("region", { name: /^(Many seeds|여러 시드로 반복)$/ });
const begin = (page) => panel(page).getByRole("button", { name: /^(Is it luck\? Run \d+ seeds|우연일까요\? 시드 \d+개 실행)$/ });
const table = (page) => panel(page).getByRole("table").first();

/** Chooses how many seeds, and begins. */
async function run(page, count) {
  await panel(page).getByLabel(/^(Seeds|시드 수)/).selectOption(String(count));
  await begin(page).click();
}

/** Waits for the result, and gives the rows of the table of one measure: lane, mean, interval, min, max, difference. */
async function rows(page) {
  await table(page).waitFor({ timeout: 80_000 });
  return table(page).evaluate((table) => [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim())));
}

/** What a button of the panel gives to take home. */
async function download(page, name) {
  const [file] = await Promise.all([page.waitForEvent("download"), panel(page).getByRole("button", { name }).click()]);
  return readFile(await file.path(), "utf8");
}

visit(world, "twenty seeds say what they say on the command line, to the bit", SHORT, async (page) => {
  await finish(page);
  const [lost] = [JSON.parse(GOLDEN).lanes[4].measures[0]];
  await run(page, 20);
  const all = await rows(page);
  assert.equal(await download(page, "Download JSON"), GOLDEN);
  const csv = await download(page, "Download CSV");
  assert.match(csv, /^lane,measure,runs,mean,/);
  assert.ok(csv.includes(`Write-back,ever_lost,20,${lost.mean},${lost.low},`), csv.slice(0, 400));
  // What is seen is those numbers, of the measure that went worst.
  const [lane, mean, , min, max, more] = all[4];
  assert.deepEqual([lane, Number(min), Number(max)], ["Write-back", lost.min, lost.max]);
  assert.ok(Math.abs(Number(mean) - lost.mean) < 1, mean);
  assert.match(more, /^\+\d/);
  assert.equal(all[0].at(-1), "–", "a lane is no more than itself");
  // Each run is a dot.
  const dots = await panel(page).locator("svg .dots").evaluateAll((paths) => paths.map((path) => path.getAttribute("d").match(/M/g).length));
  assert.deepEqual(dots, Array(5).fill(20));
});

visit(world, "another measure and another lane to compare with are chosen, and what may be luck is said", SHORT, async (page) => {
  await run(page, 20);
  await rows(page);
  const golden = JSON.parse(GOLDEN);
  await panel(page).getByLabel("Measure").selectOption({ label: "Write p99 without failed requests" });
  const place = golden.lanes[0].measures.findIndex((one) => one.name === "write_p99_ms");
  const isLuck = golden.lanes.slice(1).map(({ measures }) => measures[place].more_than).map(({ low, high }) => low <= 0 && high >= 0);
  assert.deepEqual(new Set(isLuck), new Set([true, false]), "some are and some are not");
  const said = (await rows(page)).slice(1).map((row) => /may be luck/.test(row.at(-1)));
  assert.deepEqual(said, isLuck);
  // The worst run is that of the measure: of goodput the least.
  await panel(page).getByLabel("Measure").selectOption({ label: "Goodput" });
  await panel(page).getByText(/^Worst run: Goodput \d[\d.]* % in (“.+”|every lane)/).waitFor();
  const [least] = (await rows(page)).map((row) => parseFloat(row[3])).sort((a, b) => a - b);
  const worst = parseFloat(/Goodput ([\d.]+) %/.exec(await panel(page).getByText(/^Worst run/).innerText())[1]);
  assert.ok(Math.abs(worst - least) < 0.1, `${worst} ${least}`);
  assert.match((await rows(page)).at(-1).at(-1), / pp /, "a difference of shares is in percentage points");
  await panel(page).getByLabel("Compared with").selectOption({ label: "Write-back" });
  await until("the differences from it", async () => (await rows(page))[4].at(-1) === "–");
  assert.notEqual((await rows(page))[0].at(-1), "–");
  await panel(page).getByText("All measures").click();
  const parts = panel(page).getByRole("table").nth(1).locator("tbody");
  await until("all of them", async () => (await parts.count()) > 8);
});

visit(world, "what is cancelled ends its workers at once and can be begun again", "#v2", async (page) => {
  await finish(page);
  const before = page.workers().length;
  await run(page, 500);
  await until("workers of its own", () => page.workers().length > before);
  await until("some runs", async () => (await panel(page).getByRole("progressbar").evaluate((bar) => bar.value)) >= 3);
  await button(panel(page), "Cancel").click();
  await until("they are gone", () => page.workers().length === before);
  assert.match(await panel(page).innerText(), /Cancelled: results of the first \d+ of 500 runs/);
  assert.ok(await begin(page).evaluate((button) => button === document.activeElement), "who has pressed it keeps the focus");
  await run(page, 500);
  await until("it runs again", () => page.workers().length > before);
  // Meanwhile the page does what it always does.
  await button(page, "Play again").click();
  await button(page, "Pause").click();
  await button(panel(page), "Cancel").click();
  await begin(page).waitFor();
});

visit(world, "an edit marks the results, and ends what runs; the worst run opens with its seed and leaves them good", SHORT, async (page) => {
  await finish(page);
  await run(page, 20);
  await rows(page);
  const stale = panel(page).getByText("The scenario has changed");
  assert.equal(await stale.count(), 0);
  const { seed } = JSON.parse(GOLDEN).worst;
  const before = await link(page);
  const worst = panel(page).getByRole("link", { name: `Open seed ${seed}` });
  assert.ok((await worst.getAttribute("href")).includes(`seed=${seed}`));
  await worst.click();
  await until("its seed in the link", async () => (await link(page)).includes(`seed=${seed}`));
  await digests(page);
  assert.equal(await stale.count(), 0, "many seeds were run, and it is one of them");
  await page.goBack();
  await until("Back to the run before", async () => (await link(page)) === before);
  await page.goForward();
  await until("and forward", async () => (await link(page)).includes(`seed=${seed}`));
  const slider = controls(page).getByRole("slider", { name: "Write ratio" });
  await slider.press("ArrowRight");
  await stale.waitFor();
  await begin(page).click();
  await button(panel(page), "Cancel").waitFor();
  await slider.press("ArrowRight");
  await begin(page).waitFor();
});

visit(world, "figures have the band of many seeds behind their lines, which can be hidden, and a change of the scenario takes it away", SHORT, async (page) => {
  await finish(page);
  const figures = page.getByRole("region", { name: "Figures" });
  const toggle = figures.getByLabel("Range over seeds");
  assert.equal(await toggle.count(), 0, "before there are any");
  // What is drawn of the figures over time; the last of each is what lies over it.
  const drawn = () => page.locator(".figure-latency canvas").evaluateAll((all) => all.map((canvas) => canvas.toDataURL()).join());
  const alone = await drawn();
  await run(page, 20);
  await rows(page);
  await toggle.waitFor();
  assert.ok(await toggle.isChecked());
  await figures.getByText(/^Latency, Lost writes · band: 5th to 95th percentile of 20 seeds$/).waitFor();
  await until("the band is drawn", async () => (await drawn()) !== alone);
  await page.locator(".figures").screenshot({ path: await screenshot(page, "seeds-bands", { fullPage: false }) });
  await toggle.press("Space");
  await until("it is hidden", async () => (await drawn()) === alone);
  await toggle.press("Space");
  await until("it is back", async () => (await drawn()) !== alone);
  const slider = controls(page).getByRole("slider", { name: "Write ratio" });
  await slider.press("ArrowRight");
  await until("it is gone with the scenario", async () => (await toggle.count()) === 0);
  await button(page, "Undo").click();
  await toggle.waitFor();
});

visit(world, "a trace is replayed by every worker, once it is open", "#v2&duration=8s&fault.count=0&clients.keys=(kind:trace,file:keys.txt)", async (page) => {
  await panel(page).getByText("replays a trace that is not open").waitFor();
  assert.equal(await begin(page).count(), 0);
  await page.locator(".section.clients").evaluate((section) => (section.open = true));
  await page.locator(".section.clients input[type=file]").setInputFiles({ name: "keys.txt", mimeType: "", buffer: Buffer.from("a\nb\na\nc\n".repeat(50)) });
  await begin(page).waitFor();
  await run(page, 20);
  await rows(page);
  const told = JSON.parse(await download(page, "Download JSON"));
  const requests = told.lanes.map(({ measures }) => measures.find(({ name }) => name === "requests"));
  assert.deepEqual(requests.map(({ min, max }) => [min, max]), Array(5).fill([200, 200]), "as many as the file has lines, whatever the seed");
  const p50 = told.lanes[0].measures.find(({ name }) => name === "read_p50_ms");
  assert.ok(p50.min < p50.max, "and not the same run again");
}, { wait: (page) => panel(page).waitFor() });

const SIZES = { wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
for (const [size, locale, colorScheme] of [["wide", "en", "light"], ["phone", "ko", "dark"], ["wide", "ko", "dark"], ["phone", "en", "light"]]) {
  visit(world, `many seeds are accessible and fit: ${size}, ${locale}, ${colorScheme}`, SHORT, async (page) => {
    await run(page, 20);
    if (locale === "ko") assert.match(await panel(page).innerText(), /시드|취소/);
    await rows(page);
    await panel(page).getByText(/^(All measures|모든 지표)$/).click();
    await until("all measures", async () => (await panel(page).getByRole("table").count()) === 2);
    const [has, shows] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(has <= shows, `${has} px in ${shows}: no scrolling to the side`);
    await panel(page).scrollIntoViewIfNeeded();
    await screenshot(page, `seeds-${size}-${locale}-${colorScheme}`, { fullPage: false });
    await panel(page).screenshot({ path: await screenshot(page, `seeds-panel-${size}-${locale}-${colorScheme}`, { fullPage: false }) });
    await accessible(page, { part: ".seeds" });
    if (locale === "ko") {
      const text = (await panel(page).innerText()).replace(/p\d\d|CSV|JSON|DB|goodput|ms/g, "");
      assert.deepEqual(text.match(/[a-z]{3,}/gi) ?? [], [], "nothing is left in English");
    }
  }, { locale: locale === "ko" ? "ko-KR" : "en-US", colorScheme, viewport: SIZES[size], reducedMotion: "reduce", wait: up });
}
