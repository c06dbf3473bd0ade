// Stands at the end of a program's script, where `wasm` is the program: what its first moving figure does without, which
// scripts/split.mjs has put into a file of its own.
let rest;
/** What it takes: functions of the browser, like the program, and all else from the program, whose functions stand in a table in
 *  the order in which they are asked for. */
function given() {
  const first = { ...wasm };
  const asked = WebAssembly.Module.imports(rest).filter(({ module, kind }) => module === "first" && kind === "function");
  asked.forEach(({ name }, i) => (first[name] = wasm.first.get(i)));
  return { ...__wbg_get_imports(), first };
}

function isThere() {
  wasm.rest_is_there.value = 1;
  globalThis.cachelaneIsPart = false;
  setTimeout(() => dispatchEvent(new Event("cachelane-whole"))); // the program may be in the middle of something
}

/** Here it is, compiled. From now on nobody waits for it. */
export async function giveRest(module) {
  rest = module;
  if (!wasm) return;
  try {
    await WebAssembly.instantiate(module, given());
    isThere();
  } catch (error) {
    rest = undefined; // whoever calls it asks again
    throw error;
  }
}

/** Something of it is called now. It cannot be waited for in any other way than by standing still. */
function loadRest() {
  const address = new URL("./@NAME@_rest.wasm", import.meta.url);
  try {
    rest ??= new WebAssembly.Module(bytesOf(address));
    new WebAssembly.Instance(rest, given());
    isThere();
  } catch (error) {
    rest = undefined;
    throw new WebAssembly.RuntimeError(`Not loaded: ${address} (${error.message})`);
  }
}

function bytesOf(address) {
  const asked = new XMLHttpRequest();
  asked.open("GET", address, false);
  asked.overrideMimeType("text/plain; charset=x-user-defined"); // a page that stands still gets text only: a byte a character
  asked.send();
  if (asked.status !== 200) throw new Error(`${asked.status} ${asked.statusText}`);
  const text = asked.responseText;
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
