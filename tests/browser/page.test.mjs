// The whole page, used as a person would.
import assert from "node:assert/strict";
import { test } from "node:test";

import { open } from "./harness.mjs";
import { board, button, clock, controls, digests, ended, finish, link, moment, openPreset, pause, presetNames, ready, sharedWorld, standsStill, until, visit } from "./person.mjs";

const world = sharedWorld();

const claim = (...given) => visit(world, ...given);
/** A run that is over in a moment. */
const SHORT = "#v2&fault.count=0&duration=3s";

/** Waits until the link has changed from `before`. */
const linkAfter = (page, before) => until("another link", async () => (await link(page)) !== before && link(page));

claim("every way of reading and of writing makes a run and a link of its own", SHORT, async (page) => {
  await finish(page);
  const group = (name) => controls(page).getByRole("group", { name, exact: true }).first();
  const seen = [];
  let last = await link(page);
  const choose = async (name, strategy) => {
    const radio = group(name).getByRole("radio", { name: strategy, exact: true });
    if (await radio.isChecked()) return;
    await radio.check();
    last = await linkAfter(page, last);
    await ended(page);
  };
  for (const read of ["No cache", "Look-aside", "Read-through"]) {
    await choose("Reads", read);
    for (const write of ["Write-around", "Write-through", "Write-back"]) {
      await choose("Writes", write);
      const [[lane, digest]] = await digests(page);
      seen.push({ lane, digest, link: last });
    }
  }
  const distinct = (of) => new Set(seen.map(of)).size;
  assert.equal(distinct((run) => run.link), 9, "nine pairs, nine links");
  assert.equal(distinct((run) => run.lane), 9, "nine names");
  // Also where nobody reads the cache: a value takes longer to carry than a delete.
  assert.equal(distinct((run) => run.digest), 9, "nine runs");
});

claim("a slider moves by arrow keys and by mouse, and the value and the link follow", SHORT, async (page) => {
  const slider = controls(page).getByRole("slider", { name: "Requests per second" });
  const field = controls(page).getByRole("textbox", { name: "Requests per second" });
  assert.equal(await field.inputValue(), "400");
  let before = await link(page);
  await slider.focus();
  await page.keyboard.press("ArrowRight");
  await until("a greater value", async () => Number(await field.inputValue()) > 400);
  before = await linkAfter(page, before);
  assert.match(before, /clients\.arrivals\.rate=4\d\d/);
  const box = await slider.boundingBox();
  const across = (share) => [box.x + box.width * share, box.y + box.height / 2];
  await page.mouse.move(...across(0.65));
  await page.mouse.down();
  await page.mouse.move(...across(0.3), { steps: 5 });
  await page.mouse.up();
  await until("a lesser value", async () => Number(await field.inputValue()) < 40);
  await until("the link follows", async () => /clients\.arrivals\.rate=\d\d?(&|$)/.test(await link(page)));
});

claim("arrow keys move a slider from any value, also where a step is less than the next round number", SHORT, async (page) => {
  for (const [name, from] of [["Requests per second", "100"], ["Capacity (entries)", "10"], ["Write ratio", "0"]]) {
    const field = controls(page).getByRole("textbox", { name });
    await field.fill(from);
    await field.press("Tab");
    await controls(page).getByRole("slider", { name }).focus();
    await page.keyboard.press("ArrowRight");
    await until(`${name} above ${from}`, async () => Number(await field.inputValue()) > Number(from), 5_000);
    await page.keyboard.press("ArrowLeft");
    await until(`${name} back`, async () => Number(await field.inputValue()) <= Number(from), 5_000);
  }
});

claim("a crash while it plays loses write-back's writes and none of write-through's, and the link has it", "#v2&fault.count=0", async (page) => {
  await until("lost writes", async () => {
    await until("writes at risk", async () => (await board(page, "Max at risk"))["Write-back"] > 0);
    await button(page, "Crash the cache").click();
    return until("the loss", async () => (await board(page, "Lost"))["Write-back"] > 0, 4_000).catch(() => false);
  });
  const all = await finish(page);
  const lost = await board(page, "Lost");
  assert.ok(lost["Write-back"] > 0);
  assert.equal(lost["Write-through"], 0);
  await until("the crash in the link", async () => /fault/.test((await link(page)).replace("fault.count=0", "")));
  await page.reload();
  await ready(page);
  assert.deepEqual(await finish(page), all, "the same link, the same run, to the bit");
});

claim("pause stops the clock, a step moves it a little, play goes on, restart begins again", "#v2", async (page) => {
  await until("the run goes", async () => (await moment(page)) > 20);
  const stopped = await pause(page);
  await button(page, "Step").click();
  await until("a step", async () => (await moment(page)) > stopped);
  const stepped = await standsStill(page);
  assert.ok(stepped - stopped <= 6, `${stopped} → ${stepped}: a step is a 240th of the run`);
  await button(page, "Play").click();
  await until("the run goes on", async () => (await moment(page)) > stepped + 20);
  await pause(page);
  await button(page, "Restart").click();
  await until("the beginning", async () => (await moment(page)) < stopped);
  await until("it plays", () => button(page, "Pause").isVisible());
});

claim("the speed decides how fast the clock goes", "#v2", async (page) => {
  await page.getByLabel("Speed").selectOption({ label: "1/100" });
  const slow = await standsStill(page); // at a hundredth, a second is a 6000th of the run
  assert.ok(slow < 900);
  assert.equal(await button(page, "Pause").isVisible(), true, "it plays all the same");
  await page.getByLabel("Speed").selectOption({ label: "100×" });
  await ended(page);
  await until("the speed in the link", async () => /speed=100/.test(await link(page)));
});

claim("the clock can be dragged forth and back", "#v2", async (page) => {
  await until("the run goes", async () => (await moment(page)) > 10);
  await pause(page);
  await clock(page).fill("700");
  await until("forth", async () => (await moment(page)) >= 700);
  const served = (await board(page, "Requests"))["Write-back"];
  await clock(page).fill("300");
  await until("back", async () => (await moment(page)) <= 301 && (await board(page, "Requests"))["Write-back"] < served / 2);
  assert.equal(await standsStill(page), 300);
});

claim("a reload of the link gives the same digests, whatever the names in it", `${SHORT}&lane.0.name=A%26B%2BC+100%25+%ED%95%9C&seed=11`, async (page) => {
  const first = await finish(page);
  assert.equal(first[0][0], "A&B+C 100% 한");
  await button(page, "Restart").click();
  await until("it plays", () => button(page, "Pause").isVisible());
  assert.deepEqual(await finish(page), first, "played again");
  // Through the address bar as the page itself writes it.
  await controls(page).getByRole("slider", { name: "Write ratio" }).press("ArrowRight");
  // Its first frame, of a run that has just begun, differs, too: the whole run is meant.
  await until("another run", async () => (await digests(page))[0][1] !== first[0][1]);
  const changed = await finish(page);
  await until("the link", async () => /write_ratio/.test(await link(page)));
  await page.reload();
  await ready(page);
  assert.deepEqual(await finish(page), changed, "opened again");
});

claim("Korean and back, and the next visit remembers", "#v2", async (page) => {
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  await button(page, "한국어").click();
  await page.getByRole("heading", { name: "전략별 비교" }).waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), "ko");
  const left = await page.locator("main").innerText();
  assert.doesNotMatch(left, /Scoreboard|Requests|Hit ratio|Capacity|Add a lane|Crash/);
  await page.reload();
  await ready(page);
  assert.equal(await page.locator("html").getAttribute("lang"), "ko");
  await button(page, "English").click();
  await page.getByRole("heading", { name: "Scoreboard" }).waitFor();
});

claim("a browser that asks for Korean gets it", "#v2", async (page) => {
  assert.equal(await page.locator("html").getAttribute("lang"), "ko");
}, { locale: "ko-KR" });

claim("dark and light, figures too, and the next visit remembers", "#v2", async (page) => {
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor + getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await button(page, "Light or dark").click();
  await until("another ground", async () => (await ground()) !== light);
  const dark = await ground();
  await page.reload();
  await ready(page);
  assert.equal(await ground(), dark);
  await button(page, "Light or dark").click();
  await until("the first ground", async () => (await ground()) === light);
});

claim("the system's change to dark is heard while the page stands still", "#v2", async (page) => {
  await finish(page);
  const change = button(page, "Light or dark");
  assert.equal(await change.textContent(), "☾");
  await page.emulateMedia({ colorScheme: "dark" });
  await until("the page is dark", async () => (await change.textContent()) === "☀");
});

claim("what is folded away is not made, and a fold that was opened stays open", SHORT, async (page) => {
  await finish(page);
  const section = controls(page).locator(".section.database");
  const workers = section.getByRole("textbox", { name: "Workers", includeHidden: true });
  assert.equal(await workers.count(), 0);
  await section.locator("> summary").click();
  await workers.fill("3");
  await workers.press("Enter");
  await until("the link", async () => /database\.workers=3\b/.test(await link(page)));
  assert.equal(await workers.isVisible(), true);
  await section.locator("> summary").click();
  await workers.waitFor({ state: "detached" });
});

claim("the keys work: space, right arrow, R, F, digits and the question mark", "#v2", async (page) => {
  await until("the run goes", async () => (await moment(page)) > 5);
  await page.keyboard.press("Space");
  await button(page, "Play").waitFor();
  const stopped = await standsStill(page);
  await page.keyboard.press("ArrowRight");
  await until("a step", async () => (await moment(page)) > stopped);
  await page.keyboard.press("2");
  await until("the lane is hidden", async () => !("Read-through" in (await board(page, "Lost"))));
  assert.ok(!("Read-through" in (await board(page, "Lost"))), "it is not on the scoreboard");
  await page.keyboard.press("2");
  await until("the lane is shown", async () => "Read-through" in (await board(page, "Lost")));
  await page.keyboard.press("f");
  await ended(page);
  await page.keyboard.press("r");
  await button(page, "Pause").waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Help" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
});

claim("a bad value gets its message beside the field, and the last good experiment goes on", SHORT, async (page) => {
  const good = await finish(page);
  const before = await link(page);
  const field = controls(page).getByRole("textbox", { name: "Capacity (entries)" });
  const described = () => field.evaluate((f) => document.getElementById(f.getAttribute("aria-describedby"))?.textContent);
  for (const [bad, message] of [["0", /^0: .*from 1 to 10,?000,?000/], ["many", /^many: .*from 1 to 10,?000,?000/], ["1.5", /^1\.5: .*from 1 to 10,?000,?000/]]) {
    await field.fill(bad);
    await field.press("Tab");
    await until(`a message about ${bad}`, async () => message.test((await described()) ?? ""));
    assert.equal(await field.getAttribute("aria-invalid"), "true");
    assert.equal(await field.inputValue(), bad, "it is not replaced");
    await page.getByText("still running the last valid scenario").waitFor();
    assert.deepEqual(await digests(page), good);
    assert.equal(await link(page), before);
  }
  await button(page, "Restart").click();
  assert.deepEqual(await finish(page), good, "and runs again");
  await field.fill("50");
  await field.press("Tab");
  await until("no message", async () => (await field.getAttribute("aria-invalid")) === null);
  await until("another run", async () => (await digests(page)).some(([, digest], i) => digest !== good[i][1]));
  assert.match(await linkAfter(page, before), /cache\.capacity=50\b/);
});

claim("lanes come and go", SHORT, async (page) => {
  const lanes = async () => (await finish(page)).map(([lane]) => lane);
  const five = await lanes();
  await button(page, "+ Add a lane").click();
  const six = await until("six lanes", async () => (await digests(page)).length === 6 && lanes());
  assert.deepEqual(six.slice(0, 5), five);
  const before = await until("the link has it", async () => /lane\.5/.test(await link(page)) && link(page));
  await button(page, "Remove Read-through").click();
  await until("five lanes", async () => (await digests(page)).length === 5);
  const left = await lanes();
  assert.ok(!left.includes("Read-through"));
  await linkAfter(page, before);
  const all = await digests(page);
  await page.reload();
  await ready(page);
  assert.deepEqual(await finish(page), all);
});

claim("Undo and Redo, by key and by button, take back a drag as one step, a lane, a fault, a crash and a preset", "#v2&fault.count=0&duration=3s&view.speed=0.01", async (page) => {
  const [undo, redo] = ["Undo", "Redo"].map((name) => button(controls(page), name));
  assert.deepEqual([await undo.isDisabled(), await redo.isDisabled()], [true, true]);
  // The page's own link of what was opened: a lane is hidden and shown again, which is no step.
  await page.keyboard.press("2");
  await until("a lane is hidden", async () => /lanes=/.test(await link(page)));
  await page.keyboard.press("2");
  await until("and shown", async () => !/lanes=/.test(await link(page)));
  const steps = [await link(page)];
  const done = async (does) => {
    await does();
    steps.push(await linkAfter(page, steps.at(-1)));
  };
  await done(async () => {
    const slider = controls(page).getByRole("slider", { name: "Requests per second" });
    await slider.scrollIntoViewIfNeeded();
    const box = await slider.boundingBox();
    const across = (share) => [box.x + box.width * share, box.y + box.height / 2];
    await page.mouse.move(...across(0.65));
    await page.mouse.down();
    await page.mouse.move(...across(0.3), { steps: 20 });
    await page.mouse.up();
    const field = controls(page).getByRole("textbox", { name: "Requests per second" });
    await until("the link of where it was let go", async () => new RegExp(`rate=${await field.inputValue()}\\b`).test(await link(page)));
  });
  await done(() => button(page, "+ Add a lane").click());
  await done(async () => {
    await controls(page).locator(".section.fault > summary").click();
    await button(page, "+ Add a fault").click();
  });
  // A click that comes while the run is loaded again breaks nothing.
  const loaded = await moment(page);
  await until("the run goes on", async () => (await moment(page)) > loaded);
  await done(() => button(page, "Crash the cache").click());
  await done(() => openPreset(page, "redis-down"));
  for (const [i, step] of steps.slice(0, -1).reverse().entries()) {
    await (i % 2 ? undo.click() : page.keyboard.press("Control+z"));
    await until(`step ${i} back`, async () => (await link(page)) === step);
  }
  assert.equal(await undo.isDisabled(), true);
  for (const [i, step] of steps.slice(1).entries()) {
    await (i % 2 ? redo.click() : page.keyboard.press(i ? "Control+y" : "Control+Shift+z"));
    await until(`step ${i} forth`, async () => (await link(page)) === step);
  }
  assert.equal(await redo.isDisabled(), true);
  // In a text the key is the browser's own Undo: what was typed is taken back, not what was done before.
  const seed = controls(page).getByRole("textbox", { name: "Seed" });
  await controls(page).locator(".section.run > summary").click();
  await seed.fill("77");
  await page.keyboard.press("Control+z");
  await until("the text is back", async () => (await seed.inputValue()) === "1");
  assert.equal(await link(page), steps.at(-1));
});

// Every preset with a file is opened by its link, and run, for its digest (golden.test.mjs).
claim("the preset picker opens presets from all over its list", "#v2", async (page) => {
  const names = await presetNames(page);
  assert.ok(names.length > 80);
  for (const name of names.slice(1).filter((_, place) => place % 8 === 0)) {
    await openPreset(page, name);
    await until(`the link of ${name}`, async () => (await link(page)).includes(`preset=${name}`));
    await until("it goes", async () => (await board(page, "Requests").then(Object.values)).every((n) => n > 0));
  }
});

claim("the share dialog gives the link, the snippets and the files", "#v2&seed=5", async (page) => {
  await finish(page);
  await button(page, "Share").click();
  const dialog = page.getByRole("dialog", { name: "Share" });
  assert.match(await dialog.getByRole("textbox", { name: "Link" }).inputValue(), /#v2&preset=default&seed=5$/);
  assert.match(await dialog.getByRole("textbox", { name: "Embed in a page" }).inputValue(), /<script type="module" src="http.*embed\.js">.*\n<cache-lane src="http.*seed=5/);
  for (const [name, file] of [["Scenario (TOML)", /toml$/], ["Report (JSON)", /json$/], ["Figures' data (CSV)", /csv$/], [/^PNG: Latency/, /png$/], [/^SVG: Lost/, /svg$/]]) {
    const [download] = await Promise.all([page.waitForEvent("download"), dialog.getByRole("button", { name }).click()]);
    assert.match(download.suggestedFilename(), file);
  }
  const isBack = () => button(page, "Share").evaluate((share) => share === document.activeElement);
  for (const close of [() => button(dialog, "Close").click(), () => page.keyboard.press("Escape")]) {
    assert.equal(await isBack(), false, "the focus is in the dialog");
    await close();
    await dialog.waitFor({ state: "detached" });
    assert.equal(await isBack(), true, "the focus is back");
    await button(page, "Share").click();
    await dialog.waitFor();
  }
});

claim("a fault strikes when Inject is pressed, and not while one is chosen in the menu", "#v2&fault.count=0", async (page) => {
  await until("the run goes", async () => (await moment(page)) > 10);
  const faults = page.getByRole("combobox", { name: "Fault", exact: true });
  await faults.focus();
  for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowDown");
  await faults.selectOption("database.outage");
  const seen = await moment(page);
  await until("time goes on", async () => (await moment(page)) > seen + 5);
  assert.doesNotMatch((await link(page)).replace("fault.count=0", ""), /fault/);
  await button(page, "Inject").click();
  await until("the outage in the link", async () => /database\.outage/.test(await link(page)));
});

claim("columns in which no lane has anything are folded away, and the reader's limits stand in the link", "#v2&fault.count=0&view.limits=lost%3C=0", async (page) => {
  const table = page.getByRole("region", { name: "Scoreboard" }).getByRole("table");
  const heads = () => table.getByRole("columnheader").allTextContents();
  await finish(page);
  assert.ok(!(await heads()).includes("Lost increments"));
  assert.ok((await heads()).includes("Lost"), "it has a limit");
  assert.equal(await table.getByText("✓ pass").count(), 5, "every lane");
  const limit = page.getByRole("textbox", { name: "Read p50 <" });
  await limit.fill("fast");
  await limit.press("Tab");
  await page.getByText("fast: a time from 0 ms, or nothing").waitFor();
  await limit.fill("1 ms");
  await limit.press("Tab");
  await until("the limit in the link", async () => /read_p50(<|%3C)1\b/.test(await link(page)));
  await page.reload();
  await ready(page);
  assert.equal(await page.getByRole("textbox", { name: "Read p50 <" }).inputValue(), "1");
});

claim("on a phone a figure is on the first screen, and the settings are a sheet under it", "#v2", async (page) => {
  const box = (where) => where.evaluate((element) => element.getBoundingClientRect().toJSON());
  const figure = page.locator(".figures canvas").first();
  const bar = await box(page.getByRole("group", { name: "Time" }));
  assert.ok((await box(figure)).bottom <= bar.top, "the first figure is above the bar");
  assert.ok(bar.bottom <= 844);
  // In one go: a sentence with other words is another element.
  const lines = await page.evaluate(() => {
    const sentence = document.querySelector(".headline");
    return sentence.scrollHeight / parseFloat(getComputedStyle(sentence).lineHeight);
  });
  assert.ok(lines < 3.2, `${lines} lines`);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  const settings = button(page, "Settings");
  await settings.click();
  const sheet = await box(controls(page));
  assert.ok(sheet.top >= 844 * 0.4 && sheet.bottom <= 845);
  const seen = await box(figure);
  assert.ok(seen.top >= 0 && seen.bottom <= sheet.top, "the figure is above the sheet");
  await page.keyboard.press("Escape");
  await controls(page).waitFor({ state: "hidden" });
  assert.ok(await settings.evaluate((element) => element === document.activeElement), "the focus is back");
}, { viewport: { width: 390, height: 844 } });

visit(world, "a fault injected into the past forks the run, and both futures are kept as lanes, also in the link", "#v2&preset=flush-race&duration=10s", async (page) => {
  const before = await finish(page);
  await clock(page).fill("300");
  await button(page, "Crash the cache").click();
  await button(page, "Keep both as lanes").click();
  await until("four lanes, which the link has", async () => /lane\.3/.test(await link(page)) && /spares/.test(await link(page)));
  const all = await finish(page);
  assert.deepEqual(all.slice(2).map(([, digest]) => digest), before.map(([, digest]) => digest), "the spared lanes do what they did");
  assert.notEqual(all[0][1], all[2][1]);
});
