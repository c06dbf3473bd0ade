// What a person does with the page, and what they read off it: by roles and labels.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { AxeBuilder } from "@axe-core/playwright";

import { launch, open, serve } from "./harness.mjs";

/** What the tests of one file share: a `browser`, and the page's `site`; there from the first test to the last. */
export function sharedWorld() {
  const world = {};
  before(async () => {
    [world.browser, world.site] = await Promise.all([launch(), serve()]);
  });
  after(async () => {
    await world.browser?.close();
    await world.site?.close();
  });
  return world;
}

const WCAG = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"];

/**
 * An accessibility checker finds nothing in the page, or in the part of it that a selector names.
 *
 * The page has no frames, so the checker may do all its work within it ("legacy mode"), and hands over only what it found:
 * to carry what each rule saw from page to page took several times as long as the check.
 */
export async function accessible(page, { part, tags = WCAG } = {}) {
  assert.equal(page.frames().length, 1, "a frame would not be checked");
  const checker = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ["violations"] });
  if (tags) checker.withTags(tags);
  if (part) checker.include(part);
  const { violations } = await checker.analyze();
  const told = violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 5).join(", ")}`);
  assert.deepEqual(told, []);
}

/** Waits until `condition()` gives something true, and returns that. */
export async function until(what, condition, ms = 30_000) {
  const end = Date.now() + ms;
  let last;
  do {
    last = await condition();
    if (last) return last;
    await new Promise((resolve) => setTimeout(resolve, 50));
  } while (Date.now() < end);
  assert.fail(`waited ${ms / 1000} s in vain: ${what}`);
}

/** Waits until more than so many moments of a run have been seen in a frame, which may not be there yet. */
export async function seesMoments(what, frame, count, ms) {
  const seen = new Set();
  const moment = () => frame().evaluate(() => /^(\d.*) \/ \d/m.exec(document.body.innerText)?.[1]).catch(() => undefined);
  await until(what, async () => seen.add(await moment()).size > count, ms);
}

/** The page is up, down to its last section, and the settings of traffic and cache are unfolded. */
export async function ready(page) {
  await up(page);
  await page.evaluate(() => document.querySelectorAll(".section.clients, .section.cache").forEach((section) => (section.open = true)));
}

/** The page is up, as it comes. */
export async function up(page) {
  await page.getByRole("heading", { name: /Scoreboard|전략별 비교/ }).waitFor();
  // Beside the figures, or, on a narrow screen, behind a button.
  await page.getByRole("heading", { name: /^(Run|실행)$/ }).or(page.getByRole("button", { name: /^(Settings|설정)$/ })).waitFor();
}

/** The dialog in which a preset is chosen, open. */
export async function gallery(page) {
  await page.getByRole("button", { name: /^(Preset|프리셋): / }).click();
  const dialog = page.getByRole("dialog", { name: /Choose an experiment|실험 선택/ });
  await dialog.waitFor();
  return dialog;
}

/** Chooses the preset of that name in the gallery. */
export async function openPreset(page, name) {
  const dialog = await gallery(page);
  await dialog.getByRole("searchbox").fill(name);
  await dialog.locator(`button[value="${name}"]`).click();
  await dialog.waitFor({ state: "detached" });
}

/** The names of all presets, as the gallery has them. */
export async function presetNames(page) {
  const dialog = await gallery(page);
  const names = await dialog.locator("button[value]").evaluateAll((all) => all.map((button) => button.value).filter(Boolean));
  await page.keyboard.press("Escape");
  return names;
}

/**
 * A test with a page of its own, which must end without a complaint in the console. The timeout is
 * for one that hangs, on a machine that compiles at the same time (`make test`).
 */
export function visit(world, name, hash, does, { wait = ready, timeout = 240_000, ...options } = {}) {
  test(name, { timeout }, async () => {
    const opened = await open(world.browser, world.site.url + hash, { locale: "en-US", colorScheme: "light", ...options });
    try {
      opened.page.setDefaultTimeout(30_000);
      await wait(opened.page);
      await does(opened.page, opened);
      assert.deepEqual(opened.problems, []);
    } catch (error) {
      // What is waited for in vain may have its reason there.
      if (opened.problems.length > 0) error.message += `\nThe page said: ${opened.problems.join("\n")}`;
      throw error;
    } finally {
      await opened.close();
    }
  });
}

export const button = (where, name) => where.getByRole("button", { name, exact: true });
export const controls = (page) => page.getByRole("complementary", { name: "Settings" });
export const clock = (where) => where.getByLabel("Moment of the run");

/** Where the run is, in thousandths of its length. */
export const moment = async (where) => Number(await clock(where).evaluate((slider) => slider.value));

/** The link in the address bar, from its `#` on. */
export const link = (page) => page.evaluate(() => location.hash);

/** A column of a table as `[lane, text]` pairs. */
async function column(page, region, name) {
  const rows = await page.getByRole("region", { name: region }).getByRole("table").evaluate((table, name) => {
    const place = [...table.tHead.rows[0].cells].findIndex((cell) => cell.textContent.trim() === name);
    return [...table.tBodies[0].rows].map((row) => [row.cells[0].textContent.trim(), row.cells[place]?.textContent.trim()]);
  }, name);
  assert.ok(rows.every(([, text]) => text !== undefined), `${region} has a column ${name}`);
  return rows;
}

/** A column of the scoreboard, folded away or not: numbers by lane. */
export async function board(page, name) {
  let rows;
  // While nothing has been counted yet, the column may be folded away, or come and go.
  await until(`the scoreboard's column ${name}`, async () => {
    const all = button(page, "Show all columns");
    if (await all.isVisible()) await all.click({ timeout: 1_000 }).catch(() => {}); // it goes when every column has something
    rows = await column(page, "Scoreboard", name).catch(() => undefined);
    return rows;
  });
  return Object.fromEntries(rows.map(([lane, text]) => [lane, Number(text.replace(/[^\d.]/g, ""))]));
}

export const digests = (page) => column(page, "Reproduce this run", "Digest");

/** Waits for the run's end, where the page stands still. */
export const ended = (page) => button(page, "Play again").waitFor();

/** Presses “Finish now” and gives the digests of the whole run. */
export async function finish(page) {
  await until("a run that can be finished, or is", async () => {
    if (await button(page, "Play again").isVisible()) return true;
    return button(page, "Finish now").click({ timeout: 1_000 }).then(() => true, () => false);
  });
  await ended(page);
  return digests(page);
}

/** Stops the run where it is; what was under way has arrived. */
export async function pause(page) {
  await button(page, "Pause").click();
  await button(page, "Play").waitFor();
  return standsStill(page);
}

/** Waits until the clock has not moved for a second; gives where it stands. */
export async function standsStill(where) {
  await clock(where).evaluate((slider) => new Promise((resolve) => {
    let [since, value] = [performance.now(), slider.value];
    const look = setInterval(() => {
      if (slider.value !== value) [since, value] = [performance.now(), slider.value];
      else if (performance.now() - since > 1_000) resolve(clearInterval(look));
    }, 50);
  }));
  return moment(where);
}
