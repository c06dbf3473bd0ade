// Every field of the scenario, reached and edited on the page; what a lane has otherwise; the menu of presets.
import assert from "node:assert/strict";

import { screenshot } from "./harness.mjs";
import { accessible, board, button, controls, digests, finish, gallery, link, ready, sharedWorld, until, visit } from "./person.mjs";

const world = sharedWorld();

const claim = (...given) => visit(world, ...given);
/** A run that is over in a moment. */
const SHORT = "#v2&fault.count=0&duration=3s";

/** Opens “Advanced” of a section or lane and gives its rows. */
async function allFields(page, part) {
  const rows = page.getByRole("group", { name: `${part}: Advanced`, exact: true });
  const section = part === "Cache" ? page.locator(".section.cache") : page.locator(".section").filter({ has: page.getByRole("heading", { name: part, exact: true }) });
  const fold = section.locator("details.all > summary");
  if (!(await section.evaluate((s) => s.open))) await section.locator("> summary").click();
  await fold.focus();
  await page.keyboard.press("Enter");
  await rows.waitFor();
  return rows;
}

claim("a field without a control of its own is edited by keyboard, refused beside it, and goes back to its default", SHORT, async (page) => {
  const good = await finish(page);
  const before = await link(page);
  const rows = await allFields(page, "Cache");
  const field = rows.getByRole("textbox", { name: "shards", exact: true });
  const described = () => field.evaluate((f) => f.getAttribute("aria-describedby").split(" ").map((id) => document.getElementById(id).textContent));
  assert.match((await described()).join(), /nodes share the keys.*from 1 to 64.*default 1/);
  await field.focus();
  await page.keyboard.press("Control+A");
  await page.keyboard.type("1000");
  await page.keyboard.press("Tab");
  await until("the message", async () => /^1000: .*from 1 to 64/.test((await described())[0]));
  assert.equal(await field.inputValue(), "1000", "what was typed stays");
  assert.equal(await field.getAttribute("aria-invalid"), "true");
  await page.getByText("still running the last valid scenario").waitFor();
  assert.deepEqual([await digests(page), await link(page)], [good, before], "nothing has changed");
  await accessible(page);
  await field.focus();
  await page.keyboard.press("Control+A");
  await page.keyboard.type("3");
  await page.keyboard.press("Enter");
  await until("no message", async () => (await field.getAttribute("aria-invalid")) === null);
  await until("the link", async () => /cache\.shards=3\b/.test(await link(page)));
  const changed = await finish(page);
  assert.notDeepEqual(changed, good);
  const summary = page.locator(".section.cache details.all > summary");
  await summary.click();
  await summary.getByText("Nodes: 3").waitFor();
  await summary.click();
  await button(rows, "shards: back to 1").press("Enter");
  await until("the link as before", async () => !/shards/.test(await link(page)));
  assert.equal(await field.evaluate((f) => f === document.activeElement), true, "the focus stays at the field");
  assert.deepEqual(await finish(page), good);
});

claim("every list shows what is so, whatever was chosen in it before: after Undo, after Redo, with another experiment", SHORT, async (page) => {
  await page.evaluate(() => document.querySelectorAll(".section").forEach((section) => (section.open = true)));
  const eviction = controls(page).getByRole("combobox", { name: /^Eviction/ });
  const speed = page.getByRole("combobox", { name: "Speed" });
  const lists = [[eviction, ["fifo", "sieve"]], [page.locator(".section.database select.kind").first(), ["uniform", "constant"]]];
  for (const [list, [one, other]] of lists) {
    const first = await list.inputValue();
    for (const chosen of [one, other]) {
      const before = await link(page);
      await list.selectOption(chosen);
      await until(`${chosen} in the link`, async () => (await link(page)) !== before);
    }
    for (const [way, expected] of [["Undo", one], ["Undo", first], ["Redo", one], ["Redo", other], ["Undo", one]]) {
      await button(page, way).click();
      await until(`${expected} after ${way}`, async () => (await list.inputValue()) === expected, 5_000);
    }
  }
  await speed.selectOption("0.1");
  await speed.selectOption("10");
  await page.evaluate(() => (location.hash = "#v2&fault.count=0&duration=3s&cache.eviction=sieve&view.speed=0.1"));
  await until("the link's own", async () => (await eviction.inputValue()) === "sieve" && (await speed.inputValue()) === "0.1", 5_000);
});

claim("what has a price is a part of what each lane has cost, and nothing else is", "#v2&duration=6s&fault.0.at=3s&prices.lost_write=0.5&prices.failed_request=2", async (page) => {
  await finish(page);
  const [lost, failed] = [await board(page, "Lost"), await board(page, "Errors")];
  const table = page.getByRole("region", { name: "Cost" }).getByRole("table");
  const rows = await table.evaluate((table) => [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim())));
  assert.deepEqual(rows[0], ["Strategy", "Lost writes", "Failed requests", "Total"]);
  assert.ok(lost["Write-back"] > 0 && failed["Write-back"] > 0, "something is lost, and something fails");
  for (const [lane, ofLost, ofFailed, total] of rows.slice(1)) {
    const near = (text, value) => assert.ok(Math.abs(Number(text.replace(/,/g, "")) - value) <= 0.01 * value, `${lane}: ${text}, ${value}`);
    near(ofLost, lost[lane] / 2);
    near(ofFailed, failed[lane] * 2);
    near(total, lost[lane] / 2 + failed[lane] * 2);
  }
  await page.evaluate(() => (location.hash = "#v2&duration=6s&fault.0.at=3s"));
  await until("without prices nothing costs anything", async () => (await table.count()) === 0);
});

claim("a lane has something otherwise, and then no longer: its digest changes, the others' stay", SHORT, async (page) => {
  const good = await finish(page);
  const lane = controls(page).getByRole("group", { name: "Write-back", exact: true });
  await lane.getByText("Options", { exact: true }).click();
  await lane.getByRole("combobox", { name: "Override for this lane" }).selectOption("app.work");
  const row = lane.getByRole("textbox", { name: "app.work", exact: true });
  await row.waitFor();
  await until("the focus", () => row.evaluate((f) => f === document.activeElement));
  assert.deepEqual(await finish(page), good, "the value that all have changes nothing");
  await row.fill("exponential(9ms)");
  await row.press("Enter");
  await until("the link", async () => /app\.work/.test(await link(page)));
  const changed = await finish(page);
  const differ = changed.filter(([, digest], i) => digest !== good[i][1]).map(([name]) => name);
  assert.deepEqual(differ, ["Write-back"]);
  await screenshot(page, "lane-own");
  await accessible(page);
  await button(lane, "Remove app.work").click();
  await row.waitFor({ state: "detached" });
  assert.deepEqual(await finish(page), good);
  await until("the link as before", async () => !/app\.work/.test(await link(page)));
});

claim("a change made just before the page is left is in the link", SHORT, async (page) => {
  await finish(page);
  const field = controls(page).getByRole("textbox", { name: "Capacity (entries)" });
  for (const capacity of ["41", "42", "43"]) {
    await field.fill(capacity);
    await field.press("Enter");
  }
  await until("the last one is heard", async () => (await field.inputValue()) === "43");
  await page.evaluate(() => window.dispatchEvent(new Event("pagehide")));
  assert.match(await link(page), /cache\.capacity=43\b/);
});

claim("presets stand in groups, and the chosen one says what it is about", "#v2", async (page) => {
  const dialog = await gallery(page);
  assert.deepEqual(await dialog.getByRole("heading", { level: 3 }).allTextContents(), ["Stories", "YCSB workloads", "Twitter's caches"]);
  const card = dialog.getByRole("button", { name: "Redis is down", exact: true });
  assert.ok((await card.locator("svg path").count()) > 1, "it has a picture");
  await page.setViewportSize({ width: 390, height: 844 });
  const { right } = await card.evaluate((button) => button.getBoundingClientRect());
  assert.ok(right <= 390, "it fits a phone");
  await card.click();
  await page.getByText("The cache is gone for 20 seconds").waitFor({ state: "attached" });
});

claim("presets are found by words; keys that move open nothing; Back leads to the experiment before", "#v2&seed=5", async (page) => {
  const before = await link(page);
  const dialog = await gallery(page);
  const search = dialog.getByRole("searchbox");
  await search.fill("nothing has these words");
  await dialog.getByText("No experiment has these words.").waitFor();
  await search.fill("likes");
  await page.keyboard.press("Tab");
  for (const key of ["ArrowDown", "ArrowDown", "ArrowRight", "End"]) await page.keyboard.press(key);
  assert.equal(await link(page), before);
  await search.fill("like-button");
  await dialog.locator('button[value="like-button"]').focus();
  await page.keyboard.press("Enter");
  await until("it is open", async () => (await link(page)).includes("like-button"));
  await page.waitForFunction(() => document.title.includes("A like button"));
  await page.goBack();
  await until("the one before is there again", async () => (await link(page)) === before);
  assert.equal(await page.getByRole("button", { name: /^Preset: Five strategies/ }).count(), 1);
  await page.goForward();
  await until("and forth", async () => (await link(page)).includes("like-button"));
});
