// Starts the program that the address asks for: the whole page, or in an embed the figure alone, which is half as large.
// scripts/finish-dist fills in the names.
const figure = /[#&](view\.)?embed=/.test(location.hash);
const [program, worker] = figure ? ["@FIGURE@", "@FIGURE-WORKER@"] : ["@PAGE@", "@WORKER@"];

const at = (name) => new URL(`./${name}`, import.meta.url);
document.querySelector("meta[name=cachelane-worker]").content = `./${worker}.js`;
const fetched = fetch(at(`${program}_bg.wasm`));
const { default: init } = await import(at(`${program}.js`));
await init({ module_or_path: fetched });
dispatchEvent(new Event("cachelane-started"));
