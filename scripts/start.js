// Starts the program that the address asks for: the whole page, or in an embed the figure alone, which is much smaller.
// scripts/finish-dist fills in the names.
const program = /[#&](view\.)?embed=/.test(location.hash) ? "@FIGURE@" : "@PAGE@";

/** A page that has not answered for so long is asked no more. */
const HOST_MS = 10_000;
/** So long a figure that could move waits for the rest of its program. */
const REST_MS = 5_000;

/** The address of the script that stands in for the worker's, once it is made. */
let stand;

/** Whether the page, which has other figures, has handed the program on. */
let isHandedOn = false;

/** Whether it is the second part of a program, which takes things from the first. */
const isRest = (module) => WebAssembly.Module.imports(module).some((taken) => taken.module === "first");
const compiled = compile(new URL(`./${program}_bg.wasm`, import.meta.url));
let first = firstWorker();
const { default: init, giveRest } = await import(new URL(`./${program}.js`, import.meta.url));
const module = await compiled;
/** What the first moving figure does without, once it is there, and the workers that wait for it. */
let rest;
let waiting = giveRest ? [] : null;
// For the program: a worker that runs it, too. It gets it as it is, neither fetched nor compiled again.
globalThis.cachelaneWorker = () => {
  const made = first ?? makeWorker();
  made.onerror = first = null;
  made.postMessage(module);
  if (rest) made.postMessage({ rest });
  else waiting?.push(made);
  return made;
};
// Of several figures the first one moves as early as it can. The others wait for the rest, which one of them fetches anyway: what
// each of them calls of it before it is there, each would fetch for itself. So does one of Twitter's presets, which are read there.
const waits = isHandedOn || /[#&]preset=twitter-/.test(location.hash);
// For the program, which leaves to the rest what stands further down the page.
globalThis.cachelaneIsPart = Boolean(giveRest);
if (waits) await Promise.race([loadRest(), new Promise((done) => setTimeout(done, REST_MS))]);
await init({ module_or_path: module });
if (waits && rest) await giveRest(rest).catch(console.error);
dispatchEvent(new Event("cachelane-started"));
if (!waits) loadRest();

/** Where it does not come, whatever calls it asks again (scripts/rest.js). */
async function loadRest() {
  if (!giveRest) return;
  try {
    rest = await compile(new URL(`./${program}_rest.wasm`, import.meta.url));
    waiting.forEach((worker) => worker.postMessage({ rest }));
    await giveRest(rest);
  } catch (error) {
    console.error(error);
  }
  waiting = null;
}

/** Fetches its scripts while the program is on its way. Where it fails, so will the next one, which the page listens to. */
function firstWorker() {
  try {
    const made = makeWorker();
    made.onerror = (event) => {
      event.preventDefault();
      first = null;
    };
    return made;
  } catch {
    return null;
  }
}

/** A frame without an origin has no address of its own, and browsers refuse to start a worker by another's. There a short
 *  script takes it from where it is (for that its site must send Access-Control-Allow-Origin) and holds back what the page
 *  sends until it listens. A classic script, because Chromium starts no module there; a lost promise would stay in the worker,
 *  an error reaches the page. */
function makeWorker() {
  if (stand) return new Worker(stand);
  const address = new URL(`./${program}-worker.js`, import.meta.url);
  if (self.origin !== "null") return new Worker(address, { type: "module" });
  const script = `
const early = [];
const hold = (event) => early.push(event);
addEventListener("message", hold);
import(${JSON.stringify(address)}).then(
  () => {
    removeEventListener("message", hold);
    for (const { data } of early) dispatchEvent(new MessageEvent("message", { data }));
  },
  (reason) => setTimeout(() => { throw reason; }),
);`;
  stand = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  return new Worker(stand);
}

async function compile(address) {
  const name = address.pathname.split("/").pop();
  // Of several figures in one page only the first fetches the program: frames without an origin share no cache, and embed.js
  // hands it on. Only such a frame takes a program from its page: it has nothing that this could harm.
  const isGuest = self.origin === "null" && self.name === "cachelane-guest" && parent !== self;
  const say = (more, transfer) => parent.postMessage({ source: "cachelane", type: "program", name, ...more }, "*", transfer);
  if (isGuest) {
    const bytes = await new Promise((done) => {
      const hear = ({ source, data }) => {
        if (source !== parent || data?.source !== "cachelane-host" || data.type !== "program") return;
        if ((data.name ?? name) === name) answered(data.bytes); // an embed.js of before does not say which it is
      };
      const answered = (bytes) => {
        removeEventListener("message", hear);
        done(bytes);
      };
      addEventListener("message", hear);
      say();
      setTimeout(answered, HOST_MS);
    });
    const given = bytes && (await WebAssembly.compile(bytes).catch(() => null));
    if (given && isRest(given) === name.endsWith("_rest.wasm")) {
      isHandedOn = true;
      return given;
    }
  }
  try {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`${address}: ${response.status} ${response.statusText}`);
    const copy = isGuest && response.clone();
    // Some servers do not know what wasm is, or say more of it than browsers accept.
    const isNamed = response.headers.get("Content-Type") === "application/wasm";
    const compiling = isNamed ? WebAssembly.compileStreaming(response) : response.arrayBuffer().then((bytes) => WebAssembly.compile(bytes));
    const [module, bytes] = await Promise.all([compiling, copy && copy.arrayBuffer()]);
    if (isGuest) say({ bytes }, [bytes]);
    return module;
  } catch (error) {
    if (isGuest) say({ bytes: null }); // the next one tries
    throw error;
  }
}
