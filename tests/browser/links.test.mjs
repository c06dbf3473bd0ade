// The table of bad input, checked natively by tests/bad_input.rs, on the page: every link, scenario file and trace gets
// its whole message, nothing takes its place, and there is a way back.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { board, button, controls, digests, finish, link, ready, sharedWorld, until, visit } from "./person.mjs";

const table = JSON.parse(readFileSync(new URL("../data/bad_input.json", import.meta.url)));

const world = sharedWorld();

/** A run that is over in a moment. */
const SHORT = "#v2&duration=3s&fault.count=0";

const claim = (...given) => visit(world, ...given);
const told = (page) => page.getByRole("heading", { name: "This link cannot be opened" });
const unopened = { wait: (page) => told(page).waitFor() };
/** The words of a message, without what stands between field, value and reason. */
const words = (text) => text.replace(/[\s=:]+/g, " ").trim();
const items = (page) => page.getByRole("alert").getByRole("listitem").allInnerTexts();
const text = (page) => page.getByLabel("The link", { exact: true });

claim("every bad link of the table is told with field, value and what is allowed, and nothing is put in its place", table.links[0].link, async (page) => {
  for (const { link: bad, message } of table.links) {
    await page.evaluate((hash) => (location.hash = hash), bad);
    await until(bad, async () => (await text(page).inputValue()) === bad);
    assert.deepEqual((await items(page)).map(words), message.split("\n").map(words), bad);
    assert.equal(await link(page), bad, "the address stays");
    assert.equal(await page.getByRole("table").count(), 0, "nothing runs");
  }
}, unopened);

for (const [option, bad, allowed] of [
  ["lang", "fr", "en or ko"],
  ["embed", "latency,hats", "latency, goodput, errors, hits"],
  ["speed", "0", "0.001 to 1000000"],
  ["lanes", "0", "from 1"],
  ["theme", "red", "light, dark or system"],
]) {
  claim(`a link with ${option}=${bad} is told too`, `#v2&view.${option}=${bad}`, async (page) => {
    const [item] = await items(page);
    assert.ok(item.includes(`view.${option}`) && item.includes(`${bad}:`) && item.includes(allowed), item);
  }, unopened);
}

claim("a bad link can be mended in its place, and the address follows", "#v2&duration=3s&fault.count=0&seed=x", async (page) => {
  await text(page).fill("#v2&duration=3s&fault.count=0&seed=12");
  await button(page, "Open the edited link").click();
  await ready(page);
  const all = await finish(page);
  await page.getByText(/Seed 12 /).waitFor();
  await until("the address", async () => /seed=12/.test(await link(page)), 5_000);
  await page.reload();
  await ready(page);
  assert.deepEqual(await finish(page), all);
}, unopened);

claim("a bad link can be left for the default preset", "#v2&seed=x", async (page) => {
  await button(page, "Open the default preset").click();
  await ready(page);
  await until("the address", async () => (await link(page)) === "#v2&preset=default");
  assert.equal((await finish(page)).length, 5);
}, unopened);

/** A message as a sentence: what begins with the name of a field keeps it. */
const sentence = (message) => (/^[a-z]+ (?!=)/.test(message) ? message[0].toUpperCase() + message.slice(1) : message);

/** Hands a file to the input of that name, as the file dialog would. */
const hand = (where, name, file, content) =>
  where.getByLabel(name).setInputFiles({ name: file, mimeType: "", buffer: Buffer.from(content) });

claim("bad scenario files of the table are told with their whole messages, and what ran goes on", SHORT, async (page) => {
  const good = await finish(page);
  const notice = page.getByRole("main").getByRole("alert");
  // The Rust tests go through all of them.
  for (const { toml, message } of table.scenarios.filter((_, i) => i % 5 === 0)) {
    await button(page, "Share").click();
    await hand(page, "Open a scenario file", "mine.toml", toml);
    await page.getByRole("dialog").waitFor({ state: "detached", timeout: 5_000 });
    await until(`${toml}: ${message}`, async () => words((await notice.innerText()).replace(/Close$/, "")) === words(sentence(message)), 5_000);
    await button(page, "Close").click();
    await notice.waitFor({ state: "detached" });
    assert.deepEqual(await digests(page), good);
  }
});

claim("a good scenario file opens, and its link says all of it", "#v2", async (page) => {
  await button(page, "Share").click();
  await hand(page, "Open a scenario file", "mine.toml", 'name = "mine"\nseed = 3\nduration = "4s"\n[[lane]]\nname = "One & only"\n');
  const all = await until("one lane", async () => (await digests(page).catch(() => [])).length === 1 && finish(page));
  assert.equal(all[0][0], "One & only");
  await until("the link", async () => /lane\.count=1/.test(await link(page)));
  await page.reload();
  await ready(page);
  assert.deepEqual(await finish(page), all);
});

claim("every bad trace of the table is told and changes nothing, and a good one runs", SHORT, async (page) => {
  const good = await finish(page);
  const before = await link(page);
  for (const { trace, message } of table.traces) {
    await hand(controls(page), "Replay a trace", "keys.txt", trace);
    const notice = page.getByRole("main").getByRole("alert");
    await until(`${JSON.stringify(trace)}: ${message}`, async () => (await notice.innerText()).includes(message));
    await button(page, "Close").click();
    await notice.waitFor({ state: "detached" });
    assert.deepEqual(await digests(page), good);
    assert.equal(await link(page), before);
  }
  await hand(controls(page), "Replay a trace", "keys.txt", "a\nb\na\nc\n".repeat(100));
  const traced = await until("a run of the trace", async () => {
    const now = await digests(page);
    return now[0][1] !== good[0][1] && now;
  });
  assert.equal(traced.length, good.length);
  await page.getByText("keys.txt: 400 requests, 3 keys.").waitFor();
});

/** A zstd frame with one block, not compressed, of up to 255 bytes. */
const framed = (bytes) =>
  Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, bytes.length, (bytes.length << 3) | 1, bytes.length >> 5, 0]), bytes]);

claim("a binary, compressed trace is replayed by its own times", SHORT, async (page) => {
  const records = [[0, 7], [1, 7], [1, 8], [2, 7]].map(([second, object]) => {
    const record = Buffer.alloc(24);
    record.writeUInt32LE(second, 0);
    record.writeBigUInt64LE(BigInt(object), 4);
    record.writeUInt32LE(100, 12);
    record.writeBigInt64LE(-1n, 16);
    return record;
  });
  await hand(controls(page), "Replay a trace", "w.oracleGeneral.zst", framed(Buffer.concat(records)));
  await page.getByText("w.oracleGeneral.zst: 4 requests, 2 keys; it also says times, sizes.").waitFor();
  await controls(page).getByRole("combobox", { name: "Arrivals" }).selectOption("trace");
  await until("the four requests", async () => (await finish(page)) && Object.values(await board(page, "Requests")).every((n) => n === 4));
});
