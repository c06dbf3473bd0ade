// The stage: it can be used by keyboard, it moves while time goes on, and it says what it shows.
import assert from "node:assert/strict";

import { board, button, pause, sharedWorld, until, visit } from "./person.mjs";

const world = sharedWorld();

const claim = (...given) => visit(world, ...given);
const stage = (page) => page.getByRole("region", { name: "Stage", exact: true });
const strip = (page, lane) => stage(page).getByRole("toolbar", { name: lane, exact: true });
const part = (page, name) => stage(page).getByRole("button", { name });
const pictures = (page) => stage(page).locator("canvas").first().evaluate(async (canvas) => {
  const seen = new Set();
  for (let frame = 0; frame < 40; frame += 1) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    seen.add(canvas.toDataURL());
  }
  return seen.size;
});

claim("a part on the stage is crashed by keyboard, and what is lost is told and leads to its list", "#v2&fault.count=0", async (page) => {
  const said = stage(page).locator(".scene-said");
  await until("a sentence", async () => /^Write-back: all parts up/m.test((await said.allTextContents()).join("\n")));
  await until("dirty entries", async () => /, [1-9]\d* dirty/.test(await part(page, /Cache of Write-back/).getAttribute("aria-label")));
  await part(page, /App servers of Write-back/).focus();
  await page.keyboard.press("ArrowRight");
  await until("the cache is next", () => page.evaluate(() => /Cache of Write-back: .* entries/.test(document.activeElement.getAttribute("aria-label"))));
  await page.keyboard.press("Enter");
  const crash = stage(page).getByRole("button", { name: "cache crash", exact: true });
  await until("the focus is in the menu", () => crash.evaluate((entry) => entry === document.activeElement));
  await page.keyboard.press("Escape");
  await until("the focus is back", () => part(page, /Cache of Write-back/).evaluate((entry) => entry === document.activeElement));
  await page.keyboard.press("Enter");
  await until("the focus is in the menu again", () => crash.evaluate((entry) => entry === document.activeElement));
  await page.keyboard.press("Enter");
  await until("the sentence tells of it", async () => /^Write-back: Cache: down/m.test((await said.allTextContents()).join("\n")));
  await until("the table has the loss", async () => (await board(page, "Lost"))["Write-back"] > 0);
  await strip(page, "Write-back").getByRole("button", { name: /Lost writes of Write-back: [1-9]/ }).click();
  await page.locator("#lost-writes .lost-lane").first().waitFor();
  assert.ok(await page.locator("#lost-writes").evaluate((list) => list.open));
});

claim("what moves does so while time goes on, and stands still when it does", "#v2&fault.count=0&view.speed=0.01", async (page) => {
  await until("something moves", async () => (await pictures(page)) > 10);
  await pause(page);
  await until("nothing moves", async () => (await pictures(page)) === 1);
});

claim("who asked for less motion sees the parts and no motion", "#v2&fault.count=0", async (page) => {
  await button(page, "Play again").waitFor();
  await until("something is drawn", async () => (await stage(page).locator("canvas").first().evaluate((canvas) => canvas.width)) > 300);
  assert.equal(await pictures(page), 1);
}, { reducedMotion: "reduce" });

claim("a followed request lights up lines of its strategy, step by step, and the box scrolls by keyboard", "#v2&fault.count=0", async (page) => {
  await stage(page).getByRole("button", { name: "Follow a request" }).click();
  const next = stage(page).getByRole("button", { name: "Next step of this request" });
  await next.click();
  const code = stage(page).getByRole("group", { name: "Code of Write-back" });
  for (let step = 0; step < 3; step += 1) {
    if (await next.isEnabled()) {
      await next.click();
      await page.waitForTimeout(500);
    }
  }
  const been = code.locator(".line:is(.passed, .here)");
  await until("lines", async () => (await been.count()) > 0);
  const texts = (await been.allTextContents()).join("\n");
  assert.match(texts, /steps? \d.*app\.cache\./, texts);
  assert.match(await code.innerText(), /^(look_aside|read_through|write_back)::(read|write)/);
  const steps = await stage(page).locator(".followed .steps").first().locator("li").count();
  assert.ok(steps >= 2, `${steps} steps`);
  await code.focus();
  assert.ok(await code.evaluate((box) => box === document.activeElement));
});

claim("a fault that is on is ended from its part's menu, by keyboard", "#v2&fault.count=0&view.speed=0.5", async (page) => {
  const said = stage(page).locator(".scene-said");
  const tells = (what) => async () => new RegExp(`^Write-back: ${what}`, "m").test((await said.allTextContents()).join("\n"));
  const entry = (name) => stage(page).getByRole("button", { name, exact: true });
  const press = async (name) => {
    await until("the part", () => part(page, /Cache of Write-back/).isVisible());
    await part(page, /Cache of Write-back/).press("Enter");
    await until(`the focus is on ${name}`, () => entry(name).evaluate((found) => found === document.activeElement));
    await page.keyboard.press("Enter");
  };
  await until("a sentence", tells("all parts up"));
  await press("cache crash");
  await until("it is down", tells("Cache: down"));
  await press("Restore: cache crash");
  await until("it is up again, long before its five seconds are over", tells("all parts up"));
  assert.equal(await page.locator(".fault-mark").count(), 1);
  await part(page, /Cache of Write-back/).press("Enter");
  await entry("cache crash").waitFor();
  assert.equal(await entry("Restore: cache crash").count(), 0);
});

claim("the lanes that the sentence compares are open on the stage", "#v2&preset=cold-start", async (page) => {
  for (const lane of ["5 a second", "As many as are asked for"]) await strip(page, lane).waitFor();
}, { viewport: { width: 1440, height: 900 } });

claim("at the run's end the focus stays where it is, what can do nothing says why, and Tab gets to the trays", "#v2&duration=8s&fault.0.at=4s", async (page) => {
  const focused = () => page.evaluate(() => [document.activeElement.textContent.trim(), document.activeElement.ariaLabel, document.activeElement.ariaDisabled]);
  const crash = button(page, "Crash the cache");
  await crash.focus();
  await page.keyboard.press("f");
  await button(page, "Play again").waitFor();
  await until("nothing to crash", async () => (await crash.getAttribute("aria-disabled")) === "true");
  assert.deepEqual(await focused(), ["Crash the cache", null, "true"]);
  assert.match(await crash.getAttribute("title"), /^The run has ended/);
  await page.keyboard.press("Enter");
  assert.equal(await page.locator(".fault-mark").count(), 1, "only that of the scenario");
  const tabStops = await stage(page).locator('[role="toolbar"] button[tabindex="0"]').evaluateAll((all) => all.map((one) => one.ariaLabel));
  assert.ok(tabStops.length > 1 && tabStops.every((label) => /Lost writes of/.test(label)), tabStops.join());
  const tray = strip(page, "Write-back").getByRole("button", { name: /Lost writes of Write-back/ });
  await tray.focus();
  await page.keyboard.press("ArrowLeft");
  await until("the others can still be read", async () => /^Database/.test((await focused())[1]));
  await page.keyboard.press("Enter");
  assert.equal(await page.locator(".part-menu").count(), 0);
  await page.keyboard.press("End");
  await until("the last tray", async () => /Lost writes of/.test((await focused())[1]));
  await page.keyboard.press("Enter");
  await page.locator("#lost-writes .lost-lane").first().waitFor();
  await button(page, "Restart").press("Enter");
  await button(page, "Finish now").press("Enter");
  await button(page, "Play again").waitFor();
  assert.equal((await focused())[1], "Finish now");
});

claim("after a request's last step another one is offered, and the speed from before comes back", "#v2&fault.count=0&view.speed=1", async (page) => {
  const speed = () => page.getByLabel("Speed").inputValue();
  await until("requests", async () => (await board(page, "Requests"))["Write-back"] > 100);
  const before = await speed();
  await button(stage(page), "Follow a request").click();
  const next = button(stage(page), "Next step of this request");
  await next.waitFor();
  assert.notEqual(await speed(), before);
  const another = button(stage(page), "Follow another request");
  await until("its end", async () => {
    if (await another.isVisible()) return true;
    if ((await next.getAttribute("aria-disabled")) !== "true") await next.click();
    return false;
  });
  assert.equal(await next.getAttribute("aria-disabled"), "true");
  const [first, title] = [await stage(page).locator(".followed b").first().innerText(), () => stage(page).locator(".followed b").first().innerText()];
  await another.click();
  await until("another request", async () => /^Request/.test(await title()) && (await title()) !== first);
  await button(stage(page), "Stop following").click();
  await until("the speed from before", async () => (await speed()) === before);
});
