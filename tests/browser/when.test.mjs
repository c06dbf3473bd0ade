// When was it decided? Beside a story: runs wound back, a first answer in seconds that grows surer, cancelled at once.
import assert from "node:assert/strict";

import { screenshot } from "./harness.mjs";
import { accessible, link, sharedWorld, until, visit } from "./person.mjs";

const world = sharedWorld();

/** Opens the story of the first case in a list. */
async function story(page, list) {
  await until("the run's end", async () => (await page.getByRole("button", { name: /^(Play again|다시 재생)$/ }).isVisible()) || page.getByRole("button", { name: /^(Finish now|끝까지 실행)$/ }).click({ timeout: 1_000 }).then(() => false, () => false), 60_000);
  await page.locator("summary", { hasText: list }).click();
  await page.locator(".cases button").first().click();
  const panel = page.getByRole("region", { name: /^(When was it decided\?|언제 결정되었나)$/ });
  await panel.waitFor();
  return panel;
}

const begin = (panel) => panel.getByRole("button", { name: /^(Find the moment|시점 찾기)$/ });
const forks = async (panel) => Number(/\(up to (\d+) forks a moment\)/.exec(await panel.innerText())?.[1] ?? 0);

visit(world, "the jump stands at a step of the story, and is surer the longer one waits; who closes the story ends it", "#v2&preset=stale-set-race&duration=10s", async (page) => {
  const panel = await story(page, "Worst stale reads");
  const before = page.workers().length;
  const since = await page.evaluate(() => performance.now());
  await begin(panel).click();
  await until("a first answer", async () => (await forks(panel)) > 0, 60_000);
  const [first, took] = [await forks(panel), (await page.evaluate(() => performance.now())) - since];
  console.log(`# a first answer of ${first} forks after ${Math.round(took)} ms`);
  const more = await until("a jump, of more forks", async () => ((await forks(panel)) > first ? /(?:jumps from ([\d.]+) % to|\(([\d.]+) % →) ([\d.]+) %/.exec(await panel.innerText()) : null), 60_000);
  assert.ok(Number(more[3]) > Number(more[1] ?? more[2]), more[0]);
  await until("all forks", async () => (await forks(panel)) === 48, 80_000);
  // On the way the steepest rise may lie between two steps, where few forks have gone.
  const table = await panel.getByRole("table").evaluate((table) => [...table.tBodies[0].rows].map((row) => [row.className, ...[...row.cells].map((cell) => cell.textContent)]));
  const jumped = table.filter(([name]) => name === "alarm");
  assert.ok(jumped.length > 0 && jumped.every((row) => row.at(-1).includes("→")), `${jumped}: steps of the story`);
  assert.equal(new Set(table.map(([, at]) => at)).size, table.length, "moments that can be told apart");
  const said = await panel.locator("#when-result").innerText();
  for (const [, at] of jumped) assert.ok(said.includes(at), `${said} names ${at}`);
  assert.equal(await begin(panel).count(), 0, "there is no more to find");
  assert.ok(await page.evaluate(() => document.activeElement.id === "when-result"), "the focus is where the reader goes on");
  // The page's keys rest behind the dialog, wherever the focus is; Escape closes it.
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("1");
  assert.doesNotMatch(await link(page), /lanes=/, "no lane is hidden");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await until("nobody works on", () => page.workers().length === before);
});

visit(world, "what any luck would have lost has no jump, and that is said; a cancel ends its workers", "#v2&preset=flush-race&duration=10s", async (page) => {
  const panel = await story(page, "Lost writes");
  const before = page.workers().length;
  await begin(panel).click();
  await until("an answer", async () => /nearly any luck: the requests and the settings decide it \(up to \d+ forks/.test(await panel.innerText()), 60_000);
  await until("its workers are gone", () => page.workers().length === before, 80_000);
});

visit(world, "a trace is replayed in every fork", "#v2&duration=8s&fault.0.at=4s&clients.write_ratio=0.3&clients.keys=(kind:trace,file:keys.txt)", async (page) => {
  await page.locator(".section.clients").evaluate((section) => (section.open = true));
  const keys = Array.from({ length: 20_000 }, (_, i) => `k${(i * i) % 997}\n`).join("");
  await page.locator(".section.clients input[type=file]").setInputFiles({ name: "keys.txt", mimeType: "", buffer: Buffer.from(keys) });
  const panel = await story(page, "Lost writes");
  await begin(panel).click();
  await until("an answer", async () => (await forks(panel)) > 0, 80_000);
  assert.equal(await panel.locator(".notice").count(), 0, "nothing is refused");
}, { wait: (page) => page.getByRole("heading", { name: "Many seeds" }).waitFor() });

const SIZES = { wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
for (const [size, locale, colorScheme] of [["wide", "en", "light"], ["phone", "ko", "dark"]]) {
  visit(world, `it is accessible and fits: ${size}, ${locale}, ${colorScheme}`, "#v2&preset=stale-set-race&duration=10s", async (page) => {
    const panel = await story(page, /Worst stale reads|가장 오래된/);
    await begin(panel).click();
    await panel.getByRole("table").waitFor({ timeout: 60_000 });
    await panel.scrollIntoViewIfNeeded();
    await panel.screenshot({ path: await screenshot(page, `when-${size}-${locale}-${colorScheme}`, { fullPage: false }) });
    await accessible(page, { part: ".when" });
    if (locale === "ko") {
      const text = (await panel.innerText()).replace(/\b[A-Z]{2,}\b/g, "");
      assert.deepEqual(text.match(/[a-z]{4,}/gi) ?? [], [], "nothing is left in English");
    }
  }, { locale: locale === "ko" ? "ko-KR" : "en-US", colorScheme, viewport: SIZES[size], reducedMotion: "reduce", wait: async (page) => page.getByRole("heading", { name: /Scoreboard|전략별 비교/ }).waitFor() });
}
