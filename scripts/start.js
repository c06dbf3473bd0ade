// Starts the program that the address asks for: the whole page, or in an embed the figure alone, which is much smaller.
// scripts/finish-dist fills in the names.
const program = /[#&](view\.)?embed=/.test(location.hash) ? "@FIGURE@" : "@PAGE@";

document.querySelector("meta[name=cachelane-worker]").content = `./${program}-worker.js`;
const compiled = compile(new URL(`./${program}_bg.wasm`, import.meta.url));
const { default: init } = await import(new URL(`./${program}.js`, import.meta.url));
const module = await compiled;
// The program is its workers', too, which get it as it is: neither fetched nor compiled again.
globalThis.cachelaneProgram = module;
await init({ module_or_path: module });
dispatchEvent(new Event("cachelane-started"));

async function compile(address) {
  const name = address.pathname.split("/").pop();
  // Of several figures in one page only the first fetches the program: frames without an origin share no cache, and embed.js
  // hands it on. Only such a frame takes a program from its page: it has nothing that this could harm.
  const isGuest = self.origin === "null" && self.name === "cachelane-guest" && parent !== self;
  const say = (more, transfer) => parent.postMessage({ source: "cachelane", type: "program", name, ...more }, "*", transfer);
  if (isGuest) {
    const bytes = await new Promise((done) => {
      addEventListener("message", function hear({ source, data }) {
        if (source !== parent || data?.source !== "cachelane-host" || data.type !== "program") return;
        removeEventListener("message", hear);
        done(data.bytes);
      });
      say();
    });
    if (bytes) return WebAssembly.compile(bytes);
  }
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status} ${response.statusText}`);
  if (isGuest) response.clone().arrayBuffer().then((bytes) => say({ bytes }, [bytes]), () => {}); // the other reader is told, too
  // Some servers do not know what wasm is, or say more of it than browsers accept.
  const isNamed = response.headers.get("Content-Type") === "application/wasm";
  return isNamed ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}
