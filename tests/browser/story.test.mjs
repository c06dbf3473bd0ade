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
