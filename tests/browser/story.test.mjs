// The story of a lost write: opened from its row, read, taken home, gone to.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

import { finish, moment, sharedWorld, until, visit } from "./person.mjs";

const world = sharedWorld();

visit(world, "a lost write opens its story, which names its cause and leads to it in slow motion", "#v2&preset=flush-race&duration=10s", async (page) => {
  await finish(page);
  await page.locator("summary", { hasText: "Lost writes" }).click();
  await page.getByRole("button", { name: /^Lost write w/ }).first().click();
  const dialog = page.getByRole("dialog");
  const picture = dialog.getByRole("img", { name: /^Sequence diagram: Lost write w/ });
  await picture.waitFor();
  assert.match(await dialog.innerText(), /deletes the mark of\s+w\d+ too, unflushed/);
  assert.match(await dialog.innerText(), /Taken in one step\s+(kept|no loss)/);
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    dialog.getByRole("button", { name: "Download SVG" }).click(),
  ]);
  assert.match(await readFile(await file.path(), "utf8"), /^<svg [^]*<\/svg>\n$/);
  await dialog.getByRole("button", { name: "Watch it on the stage" }).click();
  await dialog.waitFor({ state: "detached" });
  await until("a moment before the end", async () => (await moment(page)) < 1000);
  await until("the focus where the run is steered", () => page.evaluate(() => document.activeElement.closest(".transport") !== null));
});

visit(world, "a story's picture fits the dialog before it scrolls, and on a phone its lines come first", "#v2&preset=stale-set-race&duration=10s", async (page) => {
  await finish(page);
  await page.locator("summary", { hasText: "Worst stale reads" }).click();
  await page.locator(".cases button").first().click();
  const frame = page.locator(".story-picture");
  await frame.waitFor();
  const room = () => frame.evaluate((frame) => [frame.scrollWidth - frame.clientWidth, frame.querySelector("svg").viewBox.baseVal.width]);
  const [more, width] = await room();
  assert.ok(width > 1_000 && more <= 0, `${width} pixels, ${more} out of sight`);
  assert.equal(await page.locator(".story details").getAttribute("open"), null);
  await page.keyboard.press("Escape");
  await page.setViewportSize({ width: 390, height: 844 });
  await page.locator(".cases button").first().click();
  await frame.waitFor();
  assert.ok(await page.locator(".story-steps").isVisible());
  assert.ok((await room())[0] > 100, "there it scrolls");
  const first = await page.evaluate(() => document.querySelector(".story-steps").compareDocumentPosition(document.querySelector(".story-picture")));
  assert.equal(first, 4, "the picture follows the lines");
});
