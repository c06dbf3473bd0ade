// Splits a program in two, so that a figure moves before all of it has arrived.
//
//   node scripts/split.mjs PROGRAM_bg.wasm LATER.txt PROGRAM_rest.wasm
//       The first keeps what its first moving figure calls, and the second gets the rest: the functions whose marks stand in
//       LATER.txt. One that is not known there stays in the first, where it is never missed.
//   node scripts/split.mjs --count PROGRAM_bg.wasm
//       Each function says that it was called, in an exported variable of its name; scripts/record-later.mjs reads them.
//
// In the first, a function of the rest is a stub, which has the rest loaded if it is not there yet (scripts/rest.js) and then
// calls it through the table `rest`. The rest has no memory of its own, nor data: it takes everything from the first.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import binaryen from "binaryen";

/** What rustc emits, and browsers since 2021 or so can do. */
const FEATURES = ["MutableGlobals", "BulkMemory", "BulkMemoryOpt", "SignExt", "NontrappingFPToInt", "ReferenceTypes", "Multivalue"];

/** By what a function is known from one build to the next: its name, which says for which types it is, without the numbers of
 *  crates. Ten times shorter than the names themselves. */
export const markOf = (name) => createHash("sha256").update(name.replaceAll(/\[[0-9a-f]+\]|\.\d+$/g, "")).digest("hex").slice(0, 8);

function read(bytes) {
  const module = binaryen.readBinary(bytes);
  module.setFeatures(FEATURES.reduce((all, name) => all | binaryen.Features[name], 0));
  return module;
}

const numbered = (count, at) => Array.from({ length: count }, (_, i) => at(i));
const functionsOf = (module) => numbered(module.getNumFunctions(), (i) => binaryen.getFunctionInfo(module.getFunctionByIndex(i)));
const ownFunctionsOf = (module) => functionsOf(module).filter((own) => !own.module);

function emitted(module) {
  module.runPasses(["remove-unused-module-elements", "strip-debug", "strip-producers"]);
  if (!module.validate()) throw new Error("split: what came out is no program");
  return module.emitBinary();
}

/** The first part: `later`, functions, as stubs. Gives those that it calls, in the order of their places in the table. All of
 *  `first` stay, for the rest may call them. */
function firstOf(module, first, later) {
  const called = new Set(later.map((stub) => stub.name));
  const put = (stubs) => {
    for (const [place, { name, params, results }] of stubs.entries()) {
      const handed = binaryen.expandType(params).map((type, i) => module.local.get(i, type));
      const body = [
        module.if(module.i32.eqz(module.global.get("rest_is_there", binaryen.i32)), module.call("rest_load", [], binaryen.none)),
        module.call_indirect("rest", module.i32.const(place), handed, params, results),
      ];
      module.removeFunction(name);
      module.addFunction(name, params, results, [], module.block(null, body, results));
    }
  };
  module.addTable("rest", later.length, later.length, binaryen.funcref);
  module.addTableExport("rest", "rest");
  module.addGlobal("rest_is_there", binaryen.i32, true, module.i32.const(0));
  module.addGlobalExport("rest_is_there", "rest_is_there");
  module.addFunctionImport("rest_load", "rest", "load", binaryen.none, binaryen.none);
  put(later);
  first.forEach(({ name }, i) => module.addFunctionExport(name, `kept ${i}`));
  module.runPasses(["remove-unused-module-elements"]);
  first.forEach((_, i) => module.removeExport(`kept ${i}`));
  const kept = ownFunctionsOf(module).filter((own) => called.has(own.name));
  put(kept); // closer together
  return kept;
}

/** The rest: all but `first`, functions, which it takes from there like memory, tables and variables. */
function restOf(module, first, entrances, places) {
  for (const [i, { name, params, results }] of first.entries()) {
    module.removeFunction(name);
    module.addFunctionImport(name, "first", `f${i.toString(36)}`, params, results);
  }
  numbered(module.getNumExports(), (i) => binaryen.getExportInfo(module.getExportByIndex(i)).name).forEach((name) => module.removeExport(name));
  const segments = numbered(module.getNumElementSegments(), (i) => binaryen.getElementSegmentInfo(module.getElementSegmentByIndex(i)).name);
  segments.forEach((name) => module.removeElementSegment(name));
  const { name: memory, initial, max } = { name: "0", ...module.getMemoryInfo() };
  module.setMemory(initial, max ?? -1, null, [], false, false, memory);
  module.addMemoryImport(memory, "first", "memory");
  const shared = { tables: [], globals: [] };
  for (const { name } of numbered(module.getNumTables(), (i) => binaryen.getTableInfo(module.getTableByIndex(i)))) {
    module.addTableImport(name, "first", `t${shared.tables.length}`);
    shared.tables.push(name);
  }
  const globals = numbered(module.getNumGlobals(), (i) => binaryen.getGlobalInfo(module.getGlobalByIndex(i)));
  for (const { name, type, mutable } of globals) {
    module.removeGlobal(name);
    module.addGlobalImport(name, "first", `g${shared.globals.length}`, type, mutable);
    shared.globals.push(name);
  }
  module.addTable("rest", places, places, binaryen.funcref);
  module.addTableImport("rest", "first", "rest");
  module.addActiveElementSegment("rest", "entrances", entrances.map((entrance) => entrance.name), module.i32.const(0));
  module.runPasses(["remove-unused-module-elements"]);
  return shared;
}

function split(file, list, restFile) {
  const bytes = new Uint8Array(readFileSync(file));
  const listed = new Set(readFileSync(list, "utf8").split("\n"));
  const [module, other] = [read(bytes), read(bytes)];
  const all = ownFunctionsOf(module);
  const isLater = (own) => listed.has(markOf(own.name));
  const [first, later] = [all.filter((own) => !isLater(own)), all.filter(isLater)];
  if (later.length * 2 < listed.size) {
    console.warn(`split: of ${listed.size} functions in ${list}, ${later.length} are here: are RUSTFLAGS set, which replace those of .cargo/config.toml?`);
  }
  const shared = restOf(other, first, firstOf(module, first, later), later.length);
  for (const { module: from, base, name } of functionsOf(other)) if (from === "first") module.addFunctionExport(name, base);
  shared.tables.forEach((name, i) => module.addTableExport(name, `t${i}`));
  shared.globals.forEach((name, i) => module.addGlobalExport(name, `g${i}`));
  writeFileSync(restFile, emitted(other));
  writeFileSync(file, emitted(module));
}

function count(file) {
  const module = read(new Uint8Array(readFileSync(file)));
  for (const { name } of ownFunctionsOf(module)) {
    const called = `called ${name}`;
    module.addGlobal(called, binaryen.i32, true, module.i32.const(0));
    module.addGlobalExport(called, called);
    const { body, results } = binaryen.getFunctionInfo(module.getFunction(name));
    const counting = module.block(null, [module.global.set(called, module.i32.const(1)), body], results);
    binaryen.Function(module.getFunction(name)).setBody(counting);
  }
  writeFileSync(file, module.emitBinary());
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [one, ...others] = process.argv.slice(2);
  if (one === "--count") count(...others);
  else split(one, ...others);
}
