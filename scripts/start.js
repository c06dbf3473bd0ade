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
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status} ${response.statusText}`);
  // Some servers do not know what wasm is, or say more of it than browsers accept.
  const isNamed = response.headers.get("Content-Type") === "application/wasm";
  return isNamed ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}
