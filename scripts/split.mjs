// Splits a program in two, so that a figure moves before all of it has arrived.
//
//   node scripts/split.mjs PROGRAM_bg.wasm LATER.txt PROGRAM_rest.wasm [SYMBOLS.json]
//       The first keeps what its first moving figure needs, and the second gets the rest:
//       - the functions whose marks stand in LATER.txt, and places in others whose keys do (scripts/outline.mjs). What is not
//         known there stays in the first, where it is never missed;
//       - constants that nothing in the first names, by what the linker said (scripts/symbols.mjs), and lines of the source.
//   node scripts/split.mjs --count PROGRAM_bg.wasm
//       Each function says that it was called, and each place that it was reached, in exported variables; record-later.mjs reads
//       them.
//
// In the first, what calls the rest has it loaded if it is not there yet (scripts/rest.js), and calls it through the table `rest`.
// The rest takes memory, tables, variables and functions from the first. It may be made twice in one memory, by one who waits for
// it and by one who cannot: so nothing in there may change but what the first has.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import binaryen from "binaryen";

import { bodiesOf, byLikeness } from "./order.mjs";
import { countPlaces, markOf, outline, treeOf } from "./outline.mjs";

/** What rustc emits, and browsers since 2021 or so can do. */
const FEATURES = ["MutableGlobals", "BulkMemory", "BulkMemoryOpt", "SignExt", "NontrappingFPToInt", "ReferenceTypes", "Multivalue"];

function read(bytes) {
  const module = binaryen.readBinary(bytes);
  module.setFeatures(FEATURES.reduce((all, name) => all | binaryen.Features[name], 0));
  return module;
}

const numbered = (count, at) => Array.from({ length: count }, (_, i) => at(i));
const functionsOf = (module) => numbered(module.getNumFunctions(), (i) => binaryen.getFunctionInfo(module.getFunctionByIndex(i)));
const ownFunctionsOf = (module) => functionsOf(module).filter((own) => !own.module);

/** Puts functions in the order that compresses best, without what cutting has left of their locals. Gives their names. */
function sideBySide(module) {
  module.runPasses(["simplify-locals-nostructure", "coalesce-locals", "vacuum", "reorder-locals"]);
  const own = ownFunctionsOf(module);
  return byLikeness(bodiesOf(module.emitBinary())).map((place) => {
    const { name, params, results, vars, body } = own[place];
    module.removeFunction(name);
    module.addFunction(name, params, results, vars, body);
    return name;
  });
}

function emitted(module) {
  module.runPasses(["remove-unused-module-elements", "strip-debug", "strip-producers", "strip-target-features"]);
  if (!module.validate()) throw new Error("split: what came out is no program");
  return module.emitBinary();
}

/** The first part: `later`, functions, as stubs, and without the places that are listed. Gives the names of those that it calls,
 *  in the order of their places in the table. All of `first` stay, for the rest may call them. */
function firstOf(module, first, later, listed, said) {
  const called = new Set(later.map((stub) => stub.name));
  const calling = (place, handed, params, results) => [
    module.call("rest_ready", [], binaryen.none),
    module.call_indirect("rest", module.i32.const(place), handed, params, results),
  ];
  const setTable = (length) => module.addTable("rest", length, length, binaryen.funcref);
  setTable(1);
  module.addTableExport("rest", "rest");
  module.addGlobal("rest_is_there", binaryen.i32, true, module.i32.const(0));
  module.addGlobalExport("rest_is_there", "rest_is_there");
  module.addFunctionImport("rest_load", "rest", "load", binaryen.none, binaryen.none);
  const isMissing = module.i32.eqz(module.global.get("rest_is_there", binaryen.i32));
  module.addFunction("rest_ready", binaryen.none, binaryen.none, [], module.if(isMissing, module.call("rest_load", [], binaryen.none)));
  let places = 0;
  const outlined = outline(module, first, listed, (name, handed, params, results) => calling(places++, handed, params, results));
  outlined.forEach((name) => module.removeFunction(name));
  const kept = said && symbolsNamedBy(module, first, said);
  const slots = said ? freeSlots(module, later, kept, said) : [];
  const put = (stubs) => {
    for (const [i, { name, params, results }] of stubs.entries()) {
      const handed = binaryen.expandType(params).map((type, i) => module.local.get(i, type));
      module.removeFunction(name);
      module.addFunction(name, params, results, [], module.block(null, calling(places + i, handed, params, results), results));
    }
  };
  put(later);
  first.forEach(({ name }, i) => module.addFunctionExport(name, `kept ${i}`));
  module.runPasses(["remove-unused-module-elements"]);
  first.forEach((_, i) => module.removeExport(`kept ${i}`));
  const stubs = ownFunctionsOf(module).filter((own) => called.has(own.name));
  put(stubs); // closer together
  const entrances = [...outlined, ...stubs.map((own) => own.name)];
  module.removeTable("rest");
  setTable(entrances.length);
  return { entrances, kept, slots };
}

/** The rest: all but `first`, functions, which it takes from there like memory, tables and variables. */
function restOf(module, first, entrances, listed, data, slots) {
  outline(module, first, listed, (name, handed, params, results) => [module.call(name, handed, results)]);
  for (const [i, { name, params, results }] of first.entries()) {
    module.removeFunction(name);
    module.addFunctionImport(name, "first", `f${i.toString(36)}`, params, results);
  }
  numbered(module.getNumExports(), (i) => binaryen.getExportInfo(module.getExportByIndex(i)).name).forEach((name) => module.removeExport(name));
  const segments = numbered(module.getNumElementSegments(), (i) => binaryen.getElementSegmentInfo(module.getElementSegmentByIndex(i)).name);
  segments.forEach((name) => module.removeElementSegment(name));
  const { name: memory, initial, max } = { name: "0", ...module.getMemoryInfo() };
  module.setMemory(initial, max ?? -1, null, data, false, false, memory);
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
  module.addTable("rest", entrances.length, entrances.length, binaryen.funcref);
  module.addTableImport("rest", "first", "rest");
  for (const [i, { table, slot, name }] of slots.entries()) module.addActiveElementSegment(table, `slot ${i}`, [name], module.i32.const(slot));
  module.addActiveElementSegment("rest", "entrances", entrances, module.i32.const(0));
  module.runPasses(["remove-unused-module-elements"]);
  sideBySide(module);
  return shared;
}

/** Every number in the module that could be the address of something. */
function addressesIn(module, functions) {
  const found = new Set();
  const look = ({ kind, type, value, offset, inner, pointer }) => {
    if (kind === "Const" && type === binaryen.i32) found.add(value >>> 0);
    if (kind === "Const" && type === binaryen.i64) for (const half of [value, value >> 32n]) found.add(Number(half & 0xffff_ffffn)); // two in one
    if (kind === "Load" || kind === "Store") found.add(offset).add(inner[0].kind === "Const" ? (inner[0].value >>> 0) + offset : offset);
    // Of what binaryen does not take apart, all that is written as a number.
    if (kind === "Other") for (const [number] of binaryen.emitText(pointer).matchAll(/\d+/g)) found.add(Number(number));
    inner.forEach(look);
  };
  for (const { name } of functions) look(treeOf(binaryen.getFunctionInfo(module.getFunction(name)).body));
  return found;
}

/** The symbols that the code of the first part names, and those that they name; but for lines of the source: a panic before the
 *  rest is there does not say where it was. */
function symbolsNamedBy(module, functions, { symbols, named, kept: always, lines }) {
  const isLine = new Set(lines);
  const kept = new Set(always);
  for (const address of addressesIn(module, functions)) {
    // Also what it lies within, for it may have been worked out of that of something else; of one that nothing else means, also
    // what ends there.
    const last = named[address] ? 1 : 0;
    const there = symbols.flatMap(([at, size], place) => (at <= address && address <= at + size - last ? [place] : []));
    [...(named[address] ?? []), ...there].filter((place) => !isLine.has(place)).forEach((place) => kept.add(place));
  }
  for (const place of kept) symbols[place][2].filter((other) => !isLine.has(other)).forEach((other) => kept.add(other)); // also of those that are added now
  return kept;
}

/** The runs of `bytes` that `isIn` wants, as segments: two in one where no more than `apart` bytes are between them. */
function segmentsOf(module, bytes, start, isIn, apart) {
  const runs = [];
  for (let at = 0; at < bytes.length; at++) {
    if (!isIn(at)) continue;
    const run = runs.at(-1);
    if (run && at - run.end <= apart) run.end = at + 1;
    else runs.push({ start: at, end: at + 1 });
  }
  return runs.map((run) => ({
    offset: module.i32.const(start + run.start),
    data: bytes.slice(run.start, run.end).map((byte, i) => (isIn(run.start + i) ? byte : 0)),
    passive: false,
  }));
}

/** Slots of the table of functions that only data of the rest names: what a slot of the first part has instead is never called.
 *  Gives them with the functions that the rest puts there. */
function freeSlots(module, later, kept, { symbols }) {
  const slotsOf = (wanted) => new Set(symbols.flatMap(([, , , slots], place) => (kept.has(place) === wanted ? slots : [])));
  const [needed, named] = [slotsOf(true), slotsOf(false)];
  const isLater = new Set(later.map((own) => own.name));
  const free = [];
  for (const { name, table, offset, data } of numbered(module.getNumElementSegments(), (i) => binaryen.getElementSegmentInfo(module.getElementSegmentByIndex(i)))) {
    const start = binaryen.getExpressionInfo(offset).value;
    const stay = data.find((own) => !isLater.has(own)) ?? data[0];
    const left = data.map((own, i) => {
      if (!isLater.has(own) || needed.has(start + i) || !named.has(start + i)) return own;
      free.push({ table, slot: start + i, name: own });
      return stay;
    });
    module.removeElementSegment(name);
    module.addActiveElementSegment(table, name, left, module.i32.const(start));
  }
  return free;
}

/** So many bytes of nothing, or of the rest, cost less in between than another segment does. */
const APART = 256;

/** Of the data, the first part keeps what it names; the rest brings what else there is. */
function partData(module, other, said, kept) {
  const segments = numbered(module.getNumDataSegments(), (i) => module.getDataSegmentInfo(module.getDataSegmentByIndex(i)));
  const start = Math.min(...segments.map((segment) => segment.offset));
  const length = Math.max(...segments.map(({ offset, data }) => offset + data.byteLength)) - start;
  const [bytes, owner] = [new Uint8Array(length), new Uint8Array(length)];
  for (const { offset, data } of segments) bytes.set(new Uint8Array(data), offset - start);
  const [REST, FIRST] = [1, 2];
  for (const [place, [address, size]] of said.symbols.entries()) {
    for (let at = address - start; at < address - start + size; at++) owner[at] = Math.max(owner[at], kept.has(place) ? FIRST : REST);
  }
  return {
    first: segmentsOf(module, bytes, start, (at) => bytes[at] !== 0 && owner[at] !== REST, APART),
    rest: segmentsOf(other, bytes, start, (at) => owner[at] === REST, 0),
  };
}

function split(file, list, restFile, symbols) {
  const bytes = new Uint8Array(readFileSync(file));
  const listed = new Set(readFileSync(list, "utf8").split("\n"));
  const [module, other] = [read(bytes), read(bytes)];
  const all = ownFunctionsOf(module);
  // Without a name it is called by its number, which is another one's in another build.
  const isLater = (own) => /\D/.test(own.name) && listed.has(markOf(own.name));
  const [first, later] = [all.filter((own) => !isLater(own)), all.filter(isLater)];
  if (later.length * 4 < listed.size) {
    console.warn(`split: of ${listed.size} functions and places in ${list}, only ${later.length} functions are here: are RUSTFLAGS set, which replace those of .cargo/config.toml?`);
  }
  const said = symbols ? JSON.parse(readFileSync(symbols)) : null;
  const { entrances, kept, slots } = firstOf(module, first, later, listed, said);
  const data = said && partData(module, other, said, kept);
  if (data) {
    const { initial, max } = module.getMemoryInfo();
    module.setMemory(initial, max ?? -1, null, data.first, false, false, "0");
  }
  // As they stand there the rest takes them: numbers that grow compress better, too.
  const places = new Map(sideBySide(module).map((name, place) => [name, place]));
  first.sort((one, next) => places.get(one.name) - places.get(next.name));
  const shared = restOf(other, first, entrances, listed, data?.rest ?? [], slots);
  const rest = emitted(other);
  writeFileSync(restFile, rest);
  // What it takes stands in a table, in which it needs no names: in the order in which the rest asks for it.
  const nameOf = new Map(functionsOf(other).filter((own) => own.module === "first").map(({ base, name }) => [base, name]));
  const taken = WebAssembly.Module.imports(new WebAssembly.Module(rest)).filter((item) => item.module === "first" && item.kind === "function");
  module.addTable("first", taken.length, taken.length, binaryen.funcref);
  module.addTableExport("first", "first");
  module.addActiveElementSegment("first", "taken", taken.map((item) => nameOf.get(item.name)), module.i32.const(0));
  shared.tables.forEach((name, i) => module.addTableExport(name, `t${i}`));
  shared.globals.forEach((name, i) => module.addGlobalExport(name, `g${i}`));
  writeFileSync(file, emitted(module));
}

function count(file) {
  const module = read(new Uint8Array(readFileSync(file)));
  countPlaces(module, ownFunctionsOf(module));
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
