// Own numbers: an INFO, response times, and a trace's keys are understood, shown, and put into the scenario as one step.
import assert from "node:assert/strict";

import { screenshot } from "./harness.mjs";
import { accessible, button, link, sharedWorld, until, visit } from "./person.mjs";

const world = sharedWorld();
const claim = (name, hash, does, options = {}) => visit(world, name, hash, does, options);

/** The section of the controls, open. */
async function section(page, name) {
  const found = page.locator(`details.section.${name}`);
  if (!(await found.evaluate((e) => e.open))) await found.locator("> summary").click();
  return found;
}

const INFO = "redis_version:7.2.4\nmaxmemory:268435456\nmaxmemory_policy:allkeys-lfu\nkeyspace_hits:90\nkeyspace_misses:10\nevicted_keys:3\ndb0:keys=10,expires=10,avg_ttl=30000\n";

claim("an INFO is shown as fields, is one step of Undo, and is told what is wrong with it", "#v2", async (page) => {
  const cache = await section(page, "cache");
  const info = cache.locator("details.paste", { hasText: "INFO" });
  await info.locator("summary").click();
  await info.getByRole("textbox").fill(INFO.replace("maxmemory:268435456", "maxmemory:256mb"));
  await info.getByText("maxmemory:256mb is no whole number").waitFor();
  await info.getByRole("textbox").fill(INFO);
  await until("it is told", async () => /\S/.test(await info.getByRole("status").innerText()));
  assert.match(await info.getByRole("status").innerText(), /cache\.capacity 256MiB[^]*cache\.eviction redis-lfu[^]*cache\.ttl 1min[^]*has evicted 3[^]*90 %/);
  await screenshot(page, "info");
  await accessible(page);
  await info.getByRole("button", { name: "Use these values" }).click();
  await until("it is in the link", async () => /cache\.capacity=256MiB.*cache\.eviction=redis-lfu/.test(await link(page)));
  assert.match(await info.getByRole("status").innerText(), /In the scenario now\.[^]*90 %/, "what to compare the run with stays");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Use these values", "who has pressed it keeps the focus");
  await button(page, "Undo").click();
  await until("one step takes it away", async () => !/cache\./.test(await link(page)));
});

claim("pasted percentiles have the nearest law drawn through them, and either can be taken", "#v2", async (page) => {
  const database = await section(page, "database");
  const paste = database.locator("details.paste").first();
  await paste.locator("summary").click();
  await paste.getByRole("textbox").fill("27 34 39 43 55 67 88 110 170 190 190");
  const law = paste.getByRole("img", { name: /nearest law: lognormal, median 27/ });
  await law.waitFor();
  assert.equal(await law.locator("circle").count(), 10, "a dot for each point but the greatest");
  await screenshot(page, "law");
  await paste.getByRole("button", { name: "Use the law" }).click();
  await until("it is in the link", async () => /database\.read=lognormal\(median:27\.\d+ms,p99:100\.\d+ms\)/.test(decodeURIComponent(await link(page))));
  await paste.getByRole("status").getByText("In the scenario now: lognormal, median 27").waitFor();
  assert.ok(await paste.getByRole("textbox").evaluate((area) => area === document.activeElement), "the focus is where the reader goes on");
});

claim("a trace can be pasted, and who pastes it as an INFO is told where it belongs", "#v2", async (page) => {
  const monitor = Array.from({ length: 6 }, (_, i) => `170000000${i}.5 [0 127.0.0.1:5] "GET" "user:${i % 2}"\n`).join("");
  const info = (await section(page, "cache")).locator("details.paste", { hasText: "INFO" });
  await info.locator("summary").click();
  await info.getByRole("textbox").fill(monitor);
  await info.getByText("Traces and MONITOR captures are pasted under Traffic").waitFor();
  const paste = (await section(page, "clients")).locator("details.paste", { hasText: "Paste a trace" });
  await paste.locator("summary").click();
  assert.ok(await paste.getByRole("button", { name: "Replay this" }).isDisabled(), "of nothing");
  await paste.getByRole("textbox").fill(monitor);
  await accessible(page);
  await paste.getByRole("button", { name: "Replay this" }).click();
  await page.getByText("pasted.txt: 6 requests, 2 keys").waitFor();
  await until("it is replayed", async () => /trace.*pasted\.txt/.test(decodeURIComponent(await link(page))));
});

claim("a trace's keys have the nearest Zipf law beside them, on a phone in Korean too", "#v2", async (page) => {
  await button(page, "설정").first().click();
  const clients = await section(page, "clients");
  let keys = "";
  for (let rank = 1; rank <= 400; rank++) keys += `k${rank}\n`.repeat(Math.ceil(2_000 / rank));
  await clients.locator("input[type=file]").setInputFiles({ name: "keys.txt", mimeType: "text/plain", buffer: Buffer.from(keys) });
  const zipf = page.locator("details.zipf");
  await zipf.locator("summary").click();
  await zipf.getByText("alpha 0.99").waitFor();
  await screenshot(page, "zipf-ko");
  await accessible(page);
  await zipf.getByRole("button", { name: "이 분포로 키 생성" }).click();
  await until("it is in the link", async () => /keys\.count=400.*keys\.alpha=0\.99/.test(await link(page)));
}, { locale: "ko-KR", viewport: { width: 390, height: 844 } });
