// Starts the program that the address asks for: the whole page, or in an embed the figure alone, which is half as large.
// scripts/finish-dist fills in the names.
const figure = /[#&](view\.)?embed=/.test(location.hash);
const [program, worker] = figure ? ["@FIGURE@", "@FIGURE@-worker"] : ["@PAGE@", "@WORKER@"];

document.querySelector("meta[name=cachelane-worker]").content = `./${worker}.js`;
const compiled = compile(new URL(`./${program}_bg.wasm`, import.meta.url));
const { default: init } = await import(new URL(`./${program}.js`, import.meta.url));
const module = await compiled;
// The figure's program is its worker's, too, which gets it as it is: neither fetched nor compiled again.
if (figure) globalThis.cachelaneProgram = module;
await init({ module_or_path: module });
dispatchEvent(new Event("cachelane-started"));

async function compile(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status} ${response.statusText}`);
  // Some servers do not know what wasm is, or say more of it than browsers accept.
  const isNamed = response.headers.get("Content-Type") === "application/wasm";
  return isNamed ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}
