// What <cache-lane> keeps from the page it stands in, whoever writes its attributes: seen with its guards, and once
// without each. The host is a page of another origin.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { open, screenshot, serve } from "./harness.mjs";
import { sharedWorld, until } from "./person.mjs";

/** A page of another origin with these elements in it; it keeps what it is told. */
const host = (site, elements) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>the host's own</title><link rel="icon" href="data:,">
<script>window.told = []; addEventListener("message", (event) => window.told.push(event.data));</script>
<script type="module" src="${site.url}embed.js"></script>
${elements}`;

const world = sharedWorld();

/** Opens a host page for `simulator`; `does` gets the page and what went wrong in it. */
async function visit(simulator, elements, does, { init, pages = {} } = {}) {
  const blog = await serve({ pages: { ...pages, "/host.html": host(simulator, elements) } });
  const opened = await open(world.browser, `${blog.url}host.html`, { locale: "en-US", init });
  const dialogs = [];
  opened.page.on("dialog", (dialog) => (dialogs.push(dialog.message()), dialog.dismiss()));
  try {
    opened.page.setDefaultTimeout(30_000);
    await does(opened.page, { ...opened, dialogs, blog });
  } finally {
    await opened.close();
    await blog.close();
  }
}

/** Puts an element with this `src` into the page; gives its inside. */
const put = (page, src) =>
  page.evaluate(async (src) => {
    await customElements.whenDefined("cache-lane");
    const element = document.createElement("cache-lane");
    element.setAttribute("src", src);
    document.body.replaceChildren(element);
    // A frame comes when the element is seen to be in sight.
    while (!element.querySelector("iframe, [role=alert]")) await new Promise(requestAnimationFrame);
    return { text: element.innerText, alert: element.firstElementChild?.getAttribute("role"), frame: element.querySelector("iframe")?.src };
  }, src);

test("an address that is not the simulator's own is refused, and the element shows why", { timeout: 60_000 }, async () => {
  await visit(world.site, "", async (page, { problems, dialogs, blog }) => {
    const { host: own } = new URL(world.site.url);
    const bad = [
      "javascript:alert(document.domain)//",
      "JaVaScRiPt:alert(1)",
      "java\nscript:alert(1)",
      "java\tscript:alert(1)",
      " \u0001javascript:alert(1)",
      `javascript://${own}/%0aalert(1)`,
      "javascript:alert(1)//#v2",
      "vbscript:msgbox(1)",
      "data:text/html,<script>alert(1)</script>",
      `blob:${world.site.url}1c2d`,
      `filesystem:${world.site.url}temporary/x.html`,
      `view-source:${world.site.url}`,
      "about:blank",
      "about:srcdoc",
      "file:///etc/passwd",
      "http://[bad",
      "http://",
      "https:",
      "",
      " ",
      "//evil.example/",
      "\\\\evil.example\\",
      "/\\evil.example",
      "https:evil.example",
      "http://evil.example/",
      `http://${own}.evil.example/`,
      `http://${own}@evil.example/`,
      `http://user:pass@${own}/`,
      `https://${own}/`,
      `ftp://${own}/`,
      "http://127.0.0.1:1/",
      "index.html",
      "#nothing/../../x".slice(1),
      `${blog.url}host.html`,
      `${world.site.url}example-post.html`,
      `${world.site.url}embed.js`,
      `${world.site.url}index.html/`,
      `${world.site.url}//evil.example/`,
      `${world.site.url}..%2f`,
      `${world.site.url}%2e%2e%2fetc`,
      `${world.site.url}INDEX.HTML`,
    ];
    for (const src of bad) {
      const { text, alert, frame } = await put(page, src);
      assert.equal(frame, undefined, `${JSON.stringify(src)} stands in a frame: ${frame}`);
      assert.equal(alert, "alert", src);
      assert.match(text, /cannot be shown/, src);
      assert.ok(text.includes(world.site.url), "it says whose addresses are taken");
    }
    await screenshot(page, "embed-refused");
    assert.deepEqual([dialogs, problems], [[], []]);
  });
});

test("a refusal shows a hostile address escaped and cut, as text", { timeout: 60_000 }, async () => {
  await visit(world.site, "", async (page) => {
    const { text } = await put(page, `data:<img src=x onerror=alert(1)>\u202e\u001b[31m${"x".repeat(5_000)}`);
    assert.ok(text.includes("<img src=x") && text.includes("\\u{202e}\\u{1b}[31m") && text.length < 600, text);
    assert.equal(await page.locator("img[src='x'], [onerror]").count(), 0); // the element's own poster is one
    await page.evaluate(() => (document.documentElement.lang = "ko"));
    assert.match((await put(page, "data:,")).text, /표시할 수 없습니다/);
  });
});

test("the simulator's own addresses are taken, and the frame's is made again from what follows the #", { timeout: 60_000 }, async () => {
  await visit(world.site, "", async (page, { problems }) => {
    for (const [src, hash] of [
      [world.site.url, "#v2&view.embed=latency,lost"],
      [`${world.site.url}#v2&preset=like-button&view.embed=lost`, "#v2&preset=like-button&view.embed=lost"],
      [`${world.site.url}index.html#v2&seed=3`, "#v2&seed=3&view.embed=latency,lost"],
      [`${world.site.url}?from=elsewhere#v2`, "#v2&view.embed=latency,lost"],
      [`  ${world.site.url}#v2\n`, "#v2&view.embed=latency,lost"],
      ["#v2&preset=redis-down", "#v2&preset=redis-down&view.embed=latency,lost"],
    ]) {
      assert.equal((await put(page, src)).frame, world.site.url + hash, src);
    }
    const { frame } = await page.evaluate(async () => {
      const element = document.createElement("cache-lane");
      element.setAttribute("preset", "x&lane.0=(y)#z\ud800");
      element.setAttribute("cache.ttl", "5s&view.embed=hits");
      element.setAttribute("title", "<b>");
      document.body.replaceChildren(element);
      while (!element.querySelector("iframe")) await new Promise(requestAnimationFrame);
      return { frame: element.querySelector("iframe").src };
    });
    assert.match(frame, /#v2&preset=x%26lane\.0%3D\(y\)%23z%EF%BF%BD&cache\.ttl=5s%26view\.embed%3Dhits&view\.embed=latency%2Clost&view\.lang=en$/);
    // Each element took the place of another whose frame was still being loaded.
    assert.deepEqual(problems.filter((problem) => !problem.includes("ERR_ABORTED")), []);
  });
});

test("an element whose address changes follows: to a refusal and back", { timeout: 60_000 }, async () => {
  await visit(world.site, "", async (page) => {
    await put(page, world.site.url);
    const inside = (src) => page.evaluate(async (src) => {
      const element = document.querySelector("cache-lane");
      const before = element.firstElementChild;
      element.setAttribute("src", src);
      while (element.children.length !== 1 || element.firstElementChild === before) await new Promise(requestAnimationFrame);
      return [...element.children].map((child) => child.localName);
    }, src);
    assert.deepEqual(await inside("javascript:alert(1)"), ["p"]);
    assert.deepEqual(await inside(`${world.site.url}#v2`), ["iframe"]);
  });
});

/** The simulator, with embed.js changed on its way. */
const changed = (...pairs) =>
  serve({
    change: (text, path) => {
      if (!path.endsWith("embed.js")) return text;
      return pairs.reduce((text, [guard, without]) => {
        assert.ok(text.includes(guard), `embed.js has: ${guard}`);
        return text.replace(guard, without);
      }, text);
    },
  });
const NO_CHECK = [
  ["if (experiment === null) return this.#refuse();", ""],
  ["src: new URL(experiment, BASE),", 'src: this.getAttribute("src"),'],
];
const NO_SANDBOX = ["sandbox: SANDBOX,", ""];
const THEFT = `<cache-lane src="javascript:parent.told.push(parent.document.title)"></cache-lane>`;

test("without the address check and the sandbox, an address runs script in the host's origin; with either, it does not", { timeout: 60_000 }, async () => {
  const bare = await changed(...NO_CHECK, NO_SANDBOX);
  await visit(bare, THEFT, async (page) => {
    await until("the theft", () => page.evaluate(() => window.told.includes("the host's own")));
  });
  await bare.close();
  const unboxed = await changed(NO_SANDBOX);
  await visit(unboxed, THEFT, async (page, { problems }) => {
    await page.getByRole("alert").waitFor();
    assert.equal(page.frames().length, 1, "there is nothing that could run script");
    assert.deepEqual([await page.evaluate(() => window.told), problems], [[], []]);
  });
  await unboxed.close();
  const unchecked = await changed(...NO_CHECK);
  // The same, and a word afterwards, from where the script would have run.
  await visit(unchecked, THEFT, async (page) => {
    await page.locator("iframe").waitFor({ state: "attached" });
    await page.evaluate(() => new Promise((done) => {
      const frame = document.querySelector("iframe");
      frame.onload = done;
      frame.srcdoc = "<script>parent.postMessage('after', '*')</script>";
    }));
    await until("the word", () => page.evaluate(() => window.told.includes("after")));
    assert.ok(!(await page.evaluate(() => window.told)).includes("the host's own"));
  });
  await unchecked.close();
});

test("without the sandbox, script in the frame reaches what the simulator's site has stored; with it, it does not", { timeout: 60_000 }, async () => {
  const hostile = `<script>parent.postMessage({ stolen: (() => { try { return localStorage.secret; } catch (error) { return error.name; } })() }, "*")</script>`;
  const stolen = async (unboxed) => {
    const simulator = await serve({
      change: (text, path) => {
        if (path.endsWith("embed.js")) {
          assert.ok(text.includes(NO_SANDBOX[0]), `embed.js has: ${NO_SANDBOX[0]}`);
          return unboxed ? text.replace(...NO_SANDBOX) : text;
        }
        return text.replace("</body>", `${hostile}</body>`);
      },
    });
    let found;
    await visit(simulator, "<cache-lane></cache-lane>", async (page) => {
      await page.goto(simulator.url);
      await page.evaluate(() => (localStorage.secret = "s3cret"));
      await page.goBack();
      await page.locator("iframe").scrollIntoViewIfNeeded();
      const told = await until("a word", () => page.evaluate(() => window.told.find((said) => said.stolen)));
      found = told.stolen;
    });
    await simulator.close();
    return found;
  };
  assert.equal(await stolen(true), "s3cret");
  assert.equal(await stolen(false), "SecurityError");
});

const frameOf = async (page, selector = "iframe") => (await page.locator(selector).elementHandle()).contentFrame();
const plays = (frame) => until("the clock goes", async () => (await frame.getByRole("progressbar").evaluate((p) => p.value)) > 0);

test("a sandboxed figure runs in an origin of its own, with its worker", { timeout: 60_000 }, async () => {
  await visit(world.site, `<cache-lane preset="like-button"></cache-lane>`, async (page, { problems }) => {
    const frame = await frameOf(page);
    await plays(frame);
    assert.equal(await frame.evaluate(() => origin), "null");
    assert.deepEqual(problems, []);
  });
});

test("a plain frame without a sandbox works, too", { timeout: 60_000 }, async () => {
  await visit(world.site, `<iframe src="${world.site.url}#v2&view.embed=latency" width="600" height="500"></iframe>`, async (page, { problems }) => {
    await plays(await frameOf(page));
    assert.deepEqual(problems, []);
  });
});

test("a height is taken from the figure's own window, from nobody else, and within bounds", { timeout: 60_000 }, async () => {
  await visit(world.site, "<cache-lane></cache-lane>", async (page) => {
    const frame = await frameOf(page);
    await plays(frame);
    const height = () => page.locator("iframe").evaluate((f) => f.style.height);
    const say = (message) => frame.evaluate((message) => parent.postMessage(message, "*"), message);
    await say({ source: "cachelane", type: "height", height: 7 });
    await until("it has been heard", async () => (await height()) === "120px");
    for (const [said, taken] of [[99_999, "120px"], [-5, "120px"], [0, "120px"], [1e999, "120px"], ["700", "120px"], [null, "120px"], [600.5, "600.5px"]]) {
      await say({ source: "cachelane", type: "height", height: said });
      await say({ last: String(said) });
      await until("it has been heard", () => page.evaluate((last) => window.told.some((heard) => heard?.last === last), String(said)));
      assert.equal(await height(), taken, String(said));
    }
    for (const odd of [null, 7, "cachelane", [], { source: "cachelane", type: "height" }]) await say(odd);
    await page.evaluate(() => postMessage({ source: "cachelane", type: "height", height: 777 }, "*"));
    await until("it has been heard", () => page.evaluate(() => window.told.some((heard) => heard?.height === 777)));
    assert.equal(await height(), "600.5px");
  });
});

test("where the site does not let other origins read its files, the figure says what is missing", { timeout: 60_000 }, async () => {
  for (const [closed, told] of [[() => true, "#boot-error"], [(path) => path.includes("worker"), ".notice"]]) {
    const pages = {};
    const simulator = await serve({ open: (path) => !closed(path), pages });
    pages["/host.html"] = host(simulator, "<cache-lane></cache-lane>");
    const { page, close } = await open(world.browser, `${simulator.url}host.html`, { locale: "en-US" });
    const frame = await frameOf(page);
    await frame.locator(told).filter({ hasText: "Access-Control-Allow-Origin: *" }).waitFor({ timeout: 30_000 });
    await screenshot(page, `embed-no-cors-${told.slice(1)}`);
    await close();
    await simulator.close();
  }
});

test("under the Content-Security-Policy that README names, page and sandboxed figure work", { timeout: 60_000 }, async () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8").replace(/\s+/g, " ");
  const [, policy] = readme.match(/of its own the simulator needs `(script-src [^`]*)`/);
  const simulator = await serve({ headers: { "Content-Security-Policy": `default-src 'none'; ${policy}` } });
  await visit(simulator, "<cache-lane></cache-lane>", async (page, { problems }) => {
    await plays(await frameOf(page));
    await page.goto(simulator.url);
    await page.getByRole("heading", { name: "Scoreboard" }).waitFor();
    assert.deepEqual(problems, []);
  });
  await simulator.close();
  // An inline script, which there was once, is what it does not let through.
  const inline = await serve({
    headers: { "Content-Security-Policy": `default-src 'none'; ${policy}` },
    change: (text, path) => (path === "/" ? text.replace(/<script src="\.\/boot\.js"><\/script>/, "<script>window.boot = 1</script>") : text),
  });
  const opened = await open(world.browser, inline.url, { locale: "en-US" });
  await until("the refusal", () => opened.problems.some((problem) => problem.includes("Content Security Policy")));
  await opened.close();
  await inline.close();
  assert.doesNotMatch(policy.match(/script-src [^;]*/)[0], /unsafe-inline|sha256/);
  // And without the worker's part, the reader is told.
  const strict = await serve({ headers: { "Content-Security-Policy": `default-src 'none'; ${policy.replace(/worker-src[^;]*/, "worker-src 'none'")}` } });
  const { page, close } = await open(world.browser, strict.url, { locale: "en-US" });
  await page.getByRole("alert").filter({ hasText: "Content-Security-Policy" }).waitFor();
  await close();
  // Without what the program needs, a figure says so whole, and not what it does not lack.
  const less = await serve({ headers: { "Content-Security-Policy": `default-src 'none'; ${policy.replace(" 'wasm-unsafe-eval'", "")}` } });
  await visit(less, "<cache-lane></cache-lane>", async (page) => {
    const told = (await frameOf(page)).locator("#boot-error");
    await told.filter({ hasText: "Content-Security-Policy" }).waitFor();
    assert.doesNotMatch(await told.innerText(), /Access-Control/);
    const frame = page.locator("cache-lane iframe");
    await until("there is room for it", async () => (await frame.boundingBox()).height >= (await told.evaluate((box) => box.getBoundingClientRect().bottom)));
  });
  await less.close();
  await strict.close();
});

test("a wall clock that goes back stops no worker: it goes on answering", { timeout: 120_000 }, async () => {
  const back = (text, path) => (/page-\w{16}-worker\.js$/.test(path) ? `let clock = 1e12; Date.now = () => (clock -= 1_000);\n${text}` : text);
  const simulator = await serve({ change: back });
  const { page, close } = await open(world.browser, `${simulator.url}#v2&duration=600s&warmup=0s`, { locale: "en-US" });
  await page.getByRole("heading", { name: "Scoreboard" }).waitFor();
  await page.getByRole("button", { name: "Finish now" }).click();
  const seen = new Set();
  const slider = page.getByLabel("Moment of the run");
  await until("it answers on the way", async () => seen.add(await slider.evaluate((s) => s.value)).size > 4, 60_000);
  await close();
  await simulator.close();
});
