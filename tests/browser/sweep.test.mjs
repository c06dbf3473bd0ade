// A sweep on the page: the same rows and pictures as on the command line, to the byte; cancelled at once; by keyboard; in Korean.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

import { screenshot } from "./harness.mjs";
import { accessible, button, controls, finish, link, openPreset, sharedWorld, until, up, visit } from "./person.mjs";

/** What `cachelane sweep` and `cachelane chart` print of this link's scenario; tests/sweeps.rs writes them. */
const golden = (name) => readFileSync(new URL(`../data/${name}`, import.meta.url), "utf8");
const ROWS = golden("sweep.jsonl");
const SHORT = "#v2&duration=6s&fault.0.at=3s";

const world = sharedWorld();

const panel = (page) => page.getByRole("region", { name: /^(Sweep|스윕)$/ });
const begin = (page) => panel(page).getByRole("button", { name: /^(Run \d+ cells? × \d+ seeds?|조합 \d+개 × 시드 \d+개 실행)$/ });
const field = (page) => panel(page).getByLabel(/^(Field to vary|바꿀 설정)/);
const values = (page) => panel(page).getByRole("textbox", { name: /^(Values|값)$/ });
const second = (page) => panel(page).getByLabel(/^(Second field|두 번째 설정)/);
const secondValues = (page) => panel(page).getByRole("textbox", { name: /^(Values of the second field|두 번째 설정의 값)$/ });
const seeds = (page) => panel(page).getByLabel(/^(Seeds|시드 수)/);
const measure = (page) => panel(page).getByLabel(/^(Measure|지표)/);
const finished = (page) => panel(page).getByText(/^(\d+ runs finished\.|실행 \d+회를 마쳤습니다\.)$/).waitFor({ state: "attached", timeout: 80_000 });
const rows = (table) => table.evaluate((table) => [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.innerText.trim())));

/** What a button of the panel gives to take home. */
async function download(page, name) {
  const [file] = await Promise.all([page.waitForEvent("download"), button(panel(page), name).click()]);
  return readFile(await file.path(), "utf8");
}

/** Three TTLs, three seeds. */
async function three(page) {
  await values(page).fill("1s..9s/log3");
  await seeds(page).selectOption("3");
  await begin(page).click();
  await finished(page);
}

visit(world, "a sweep's rows and picture are those of the command line, to the byte, and a cell's value can be used", SHORT, async (page) => {
  await finish(page);
  await three(page);
  await measure(page).selectOption({ label: "Lost writes" });
  assert.equal(await download(page, "Download JSON lines"), ROWS);
  assert.equal(await download(page, "Download SVG"), golden("sweep.svg"));
  const told = ROWS.trim().split("\n").slice(1).map((row) => JSON.parse(row));
  assert.match(await download(page, "Download CSV"), /^cell,seed,cache\.ttl,lane,lanes,name,ever_lost,/);
  // What is seen are the means of those rows.
  const all = await rows(panel(page).getByRole("table"));
  assert.deepEqual(all.map(([ttl]) => ttl), ["1s", "3s", "9s"]);
  for (const row of all) {
    const lost = told.filter((one) => one["cache.ttl"] === row[0] && one.name === "Write-back").map((one) => one.ever_lost);
    const mean = lost.reduce((a, b) => a + b) / lost.length;
    assert.ok(Math.abs(parseFloat(row[6].replace(/,/g, "")) - mean) <= 0.5, `${row} ${mean}`);
  }
  const drawn = panel(page).getByRole("img", { name: /^Lost writes against cache\.ttl/ });
  assert.equal(await drawn.locator(".broad path[transform]").count(), 5 + 15, "a mark for each lane in the legend and in each cell");
  await button(panel(page), "Use cache.ttl=9s").click();
  await until("it is in the link", async () => (await link(page)).includes("cache.ttl=9s"));
  await until("the row says so", async () => (await rows(panel(page).getByRole("table")))[2][1] === "in the scenario");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "cache.ttl=9s is in the scenario", "who has pressed it keeps the focus");
  await panel(page).getByRole("status").getByText("In the scenario now: cache.ttl=9s").waitFor({ state: "attached" });
  assert.equal(await panel(page).getByText("The scenario has changed").count(), 0, "what varies does not count");
  await button(page, "Undo").click();
  await until("one step back", async () => !(await link(page)).includes("cache.ttl"));
  await controls(page).getByRole("slider", { name: "Write ratio" }).press("ArrowRight");
  await panel(page).getByText("The scenario has changed").waitFor();
});

visit(world, "a field stays chosen while those that cannot vary leave the list", SHORT, async (page) => {
  // Which they are is found out in the page's first seconds; the choice is made in its first moment.
  await page.addInitScript(() => {
    const look = new MutationObserver(() => {
      const list = document.querySelectorAll("section[aria-labelledby=sweep] .sweep-pick select")[1];
      if (!list) return;
      look.disconnect();
      globalThis.before = list.options.length;
      // Whoever types comes past others: a browser shows none of them again because the page says so.
      for (const { value } of [...list.options]) list.value = value;
      list.value = "lane.4.read";
      list.dispatchEvent(new Event("change", { bubbles: true }));
    });
    look.observe(document, { childList: true, subtree: true });
  });
  await page.reload();
  await until("the list is shorter", () => page.evaluate(() => document.querySelectorAll("section[aria-labelledby=sweep] .sweep-pick select")[1]?.options.length < globalThis.before));
  assert.deepEqual([await second(page).inputValue(), await secondValues(page).inputValue()], ["lane.4.read", "read-through,none,look-aside"]);
});

visit(world, "two fields make a heat map for each lane, by keyboard alone, and what nothing beats in two measures", SHORT, async (page) => {
  await finish(page);
  await values(page).fill("1s..9s/log3");
  await values(page).press("Tab");
  assert.ok(await second(page).evaluate((select) => select === document.activeElement), "the second field is the next stop");
  await page.keyboard.type("lane.4.write.every");
  await until("it is chosen", async () => (await second(page).inputValue()) === "lane.4.write.every");
  // The browser shows the choice before the page, which has heard every letter, is there.
  await until("values around its own", async () => (await secondValues(page).inputValue()) === "1.25s..20s/log5");
  await page.keyboard.press("Tab");
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type("1s,2s");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Home");
  // What was typed is no list of values at times: then the button is none to come to.
  await until("the button counts", async () => (await begin(page).innerText()) === "Run 6 cells × 1 seed");
  await page.keyboard.press("Tab");
  await until("and is the next stop", () => begin(page).evaluate((button) => button === document.activeElement));
  await page.keyboard.press("Enter");
  await finished(page);
  assert.ok(await begin(page).evaluate((button) => button === document.activeElement), "who has pressed it keeps the focus");
  await measure(page).selectOption({ label: "Read p99 without failed requests" });
  assert.equal(await download(page, "Download SVG"), golden("sweep-grid.svg"));
  const drawn = panel(page).getByRole("img", { name: /^Read p99 .*: cache\.ttl → and lane\.4\.write\.every ↑/ });
  assert.equal(await drawn.locator(".broad path[fill-opacity]").count(), 5 * 6, "a surface for each lane and cell");
  assert.match(await panel(page).innerText(), /One seed a cell: what differs may be luck/);
  await panel(page).getByText("All cells as a table").press("Enter");
  const all = await rows(panel(page).getByRole("table"));
  assert.deepEqual(all.map((row) => row.slice(0, 2).join()), ["1s,1s", "1s,2s", "3s,1s", "3s,2s", "9s,1s", "9s,2s"]);
  await button(panel(page), "Use cache.ttl=3s, lane.4.write.every=2s").click();
  await until("both are in the link", async () => /cache\.ttl=3s/.test(await link(page)) && /lane\.4\.write\.every=2s|every:2s/.test(await link(page)));
  // A field of one lane changes no other.
  assert.match(await panel(page).innerText(), /lane\.4\.write\.every is not varied in Look-aside · [^.]*Write-through[^.]*: these have a value of their own/);
  // Of the points that nothing beats, none is better in both than another one.
  await panel(page).getByLabel("Trade-off with").selectOption({ label: "Database reads" });
  const best = await rows(panel(page).getByRole("table").first());
  assert.ok(best.length >= 1 && best.length < 30, `${best.length} of 30 points`);
  for (const row of best) assert.equal(row[2] === "any", row[0] !== "Write-back", `${row}`);
  const named = await panel(page).getByRole("table").first().locator("thead th").allInnerTexts();
  const fails = named.indexOf("Failed requests");
  const points = best.map((row) => [4, 5, fails].map((place) => (place < 0 ? 0 : parseFloat(row[place].replace(/,/g, "")))));
  // As more is read from the database, the latency falls (as far as its digits tell), or fewer requests fail.
  const falls = points.every(([reads, p99, failed], i) => points.slice(0, i).every((one) => one[0] === reads || one[1] >= p99 || one[2] > failed));
  assert.ok(falls && points.length > 1, JSON.stringify([named, points]));
});

visit(world, "what is cancelled ends its workers at once and keeps what has been drawn, and what was drawn came as it was known", "#v2", async (page) => {
  await finish(page);
  const before = page.workers().length;
  await values(page).fill("1s..60s/log40");
  await seeds(page).selectOption("20");
  await begin(page).click();
  await until("workers of its own", () => page.workers().length > before);
  const marks = panel(page).locator(".sweep-figure .broad path[transform]");
  await until("some cells are drawn while others run", async () => (await marks.count()) > 5);
  assert.ok((await marks.count()) < 5 + 200, "not all of them");
  await button(panel(page), "Cancel").click();
  await until("they are gone", () => page.workers().length === before);
  const kept = Number(/Cancelled: results of (\d+) of 800 runs\./.exec(await panel(page).innerText())[1]);
  assert.ok(await begin(page).evaluate((button) => button === document.activeElement), "who has pressed it keeps the focus");
  const told = (await download(page, "Download JSON lines")).trim().split("\n");
  assert.equal(told.length, 1 + 5 * kept, "a row for each lane of what has come to its end");
  // What is said of the seeds is what the rows have.
  const counts = new Map();
  for (const row of told.slice(1).map((row) => JSON.parse(row))) if (row.lane === 0) counts.set(row.cell, (counts.get(row.cell) ?? 0) + 1);
  const [least, most] = [Math.min, Math.max].map((of) => of(...counts.values()));
  const said = least === most ? `${most} of 20` : `${least} to ${most} of 20`;
  assert.ok((await panel(page).innerText()).includes(`mean of ${said} seeds`), said);
  assert.ok((await download(page, "Download SVG")).includes(`seeds a cell: ${said};`), said);
  // Enter in the values runs, Escape cancels.
  await values(page).press("Enter");
  await until("it runs again", () => page.workers().length > before);
  await page.keyboard.press("Escape");
  await until("and is cancelled", () => page.workers().length === before);
  await values(page).fill("1s,2s");
  await seeds(page).selectOption("1");
  await begin(page).click();
  await finished(page);
});

visit(world, "what cannot be varied is told beside it before anything runs, and what can is not", SHORT, async (page) => {
  const before = page.workers().length;
  const complaint = panel(page).getByRole("alert");
  for (const [typed, told] of [["1s..9s", "LOW..HIGH/logN"], ["soon,later", "cache.ttl"], ["1s,1s", "twice"], ["1s..60s/log900", "too many for a page"]]) {
    await values(page).fill(typed);
    await complaint.getByText(told).waitFor();
    assert.equal(await values(page).getAttribute("aria-invalid"), "true");
    assert.ok(await button(panel(page), "Run the sweep").isDisabled(), typed);
  }
  await field(page).selectOption("cache.capacity");
  await begin(page).waitFor();
  assert.equal(await complaint.count(), 0);
  // The second value is looked at while it is typed, too.
  await values(page).fill("10,0");
  await complaint.getByText(/^cache\.capacity = 0:/).waitFor();
  assert.equal(await complaint.innerText().then((told) => told.match(/cache\.capacity/g).length), 1, "told once");
  // What is empty is no mistake yet.
  await values(page).fill("");
  await until("no complaint", async () => (await complaint.count()) === 0);
  assert.ok(await button(panel(page), "Run the sweep").isDisabled());
  assert.equal(page.workers().length, before, "nothing has run");
  await second(page).selectOption("cache.capacity");
  await values(page).fill("10,20");
  await complaint.getByText("varies twice").waitFor();
  await second(page).selectOption("");
  await begin(page).waitFor();
  assert.equal(await values(page).getAttribute("aria-invalid"), null);
});

visit(world, "lanes that the field does not change are said and have no part in the trade-off, which says its seeds; what another scenario cannot take is told", "#v2&preset=flush-race&duration=5s", async (page) => {
  await finish(page);
  await field(page).selectOption("lane.0.write.every");
  await values(page).fill("500ms,2s,8s");
  await seeds(page).selectOption("3");
  await begin(page).click();
  await finished(page);
  const own = (await rows(panel(page).getByRole("table")))[0];
  assert.ok(own.length > 3, "several lanes");
  const lanes = await panel(page).getByRole("table").locator("thead th").evaluateAll((heads) => heads.slice(2).map((head) => head.textContent));
  await panel(page).getByText(`lane.0.write.every is not varied in ${lanes.slice(1).join(" · ")}: `).waitFor();
  await measure(page).selectOption("write_p99_ms");
  await panel(page).getByLabel("Trade-off with").selectOption("rows_written");
  await panel(page).getByText("By these figures (mean of 3 seeds) nothing beats these").waitFor();
  const best = await rows(panel(page).getByRole("table").first());
  assert.deepEqual(new Set(best.map(([lane]) => lane)), new Set([lanes[0]]));
  await panel(page).getByLabel("Third measure").selectOption("ever_lost");
  await until("a column more", async () => (await rows(panel(page).getByRole("table").first()))[0].length === best[0].length + 1);
  await openPreset(page, "locust-test");
  await button(panel(page), "Use lane.0.write.every=8s").last().click();
  await panel(page).getByRole("alert").getByText("cannot have these values").waitFor();
});

visit(world, "a trace is replayed in every cell, once it is open", "#v2&duration=8s&fault.count=0&clients.keys=(kind:trace,file:keys.txt)", async (page) => {
  await panel(page).getByText("replays a trace that is not open").waitFor();
  assert.equal(await begin(page).count(), 0);
  await page.locator(".section.clients").evaluate((section) => (section.open = true));
  await page.locator(".section.clients input[type=file]").setInputFiles({ name: "keys.txt", mimeType: "", buffer: Buffer.from("a\nb\na\nc\n".repeat(50)) });
  await begin(page).waitFor();
  await three(page);
  const told = (await download(page, "Download JSON lines")).trim().split("\n").slice(1).map((row) => JSON.parse(row));
  assert.deepEqual([...new Set(told.map((row) => row.requests))], [200], "as many as the file has lines");
}, { wait: (page) => panel(page).waitFor() });

const SIZES = { wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
for (const [size, locale, colorScheme] of [["wide", "en", "light"], ["phone", "ko", "dark"], ["wide", "ko", "dark"], ["phone", "en", "light"]]) {
  visit(world, `a sweep is accessible and fits: ${size}, ${locale}, ${colorScheme}`, SHORT, async (page) => {
    await three(page);
    const fits = async () => {
      const [has, shows] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(has <= shows, `${has} px in ${shows}: no scrolling to the side`);
    };
    await fits();
    await panel(page).screenshot({ path: await screenshot(page, `sweep-lines-${size}-${locale}-${colorScheme}`, { fullPage: false }) });
    await second(page).selectOption("lane.4.write.every");
    await secondValues(page).fill("1s,2s,4s");
    await begin(page).click();
    await until("27 runs", async () => /27( runs finished|회를 마쳤습니다)/.test(await panel(page).textContent()));
    await panel(page).getByLabel(/^(Trade-off with|함께 볼 지표)/).selectOption("database_reads");
    await panel(page).getByText(/^(All cells as a table|모든 조합을 표로 보기)$/).click();
    await until("both tables", async () => (await panel(page).getByRole("table").count()) === 2);
    await fits();
    await panel(page).screenshot({ path: await screenshot(page, `sweep-heat-${size}-${locale}-${colorScheme}`, { fullPage: false }) });
    await accessible(page, { part: ".seeds" });
    if (locale === "ko") {
      const shown = await panel(page).evaluate((panel) => {
        const copy = panel.cloneNode(true);
        copy.querySelectorAll("select, code").forEach((part) => part.remove());
        return copy.textContent;
      });
      const text = shown.replace(/cache\.ttl|lane\.4\.write\.every|\d*s\.\.\d+s\/log\d|\/lin\d|p\d\d|CSV|JSON Lines|SVG|DB|goodput|ms|min/g, "");
      assert.deepEqual(text.match(/[a-z]{3,}/gi) ?? [], [], "nothing is left in English");
    }
  }, { locale: locale === "ko" ? "ko-KR" : "en-US", colorScheme, viewport: SIZES[size], reducedMotion: "reduce", wait: up });
}
