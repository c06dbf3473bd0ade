// What the linker says of a program's constants and variables (rustc's flag --emit-relocs, in .cargo/config.toml): where each
// lies, and what names it. scripts/split.mjs tells by it which of them the first part of a program can do without.
//
//   node scripts/symbols.mjs PROGRAM_bg.wasm [SYMBOLS.json]
//       Moves what the linker says out of the program, where it would take megabytes, into a file (null if it says nothing):
//       symbols  [address, bytes, which others it names by their places in here, slots of the table of functions that are
//                named by no code] each
//       named    by each address that code has in it: the symbols meant
//       kept     symbols that may change, and those that code names by an address outside of them
//       lines    symbols that are lines of the source, of which panics speak, and nobody else
//
// The format: https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md
import { readFileSync, renameSync, writeFileSync } from "node:fs";

import { Reader, sectionsOf } from "./sections.mjs";

const DATA = 1; // a symbol that is data
const UNDEFINED = 0x10; // a flag of symbols
const [SEGMENTS, TABLE] = [5, 8]; // parts of what the linker says: names of segments, and symbols
/** Relocations that put an address in, and a place in the table of functions; and those that have a number to be added. */
const [ADDRESSES, SLOTS, ADDED] = [[3, 4, 5, 11, 14, 15, 16, 17, 21, 23], [1, 2, 12, 18, 19, 24], [3, 4, 5, 8, 9, 11, 14, 15, 16, 17, 21, 22, 23, 25]];

/** Segments of data: the address of each, and where in the file it is. */
function segmentsOf(bytes, { content }) {
  const reader = new Reader(bytes, content);
  return reader.list(() => {
    if (reader.number() !== 0 || reader.byte() !== 0x41) throw new Error("symbols: data of a kind that rustc does not make");
    const address = reader.number(true);
    reader.byte(); // the end of the expression
    const size = reader.number();
    const at = reader.at;
    reader.at += size;
    return { address, at, size };
  });
}

/** The symbols; of those that are data, also whether they may change. */
function symbolsOf(bytes, { content, end }, segments) {
  const reader = new Reader(bytes, content);
  if (reader.number() !== 2) throw new Error("symbols: the linker writes in a version that is not known here");
  let [names, symbols] = [[], []];
  while (reader.at < end) {
    const [kind, size] = [reader.byte(), reader.number()];
    const next = reader.at + size;
    if (kind === SEGMENTS) names = reader.list(() => [reader.name(), reader.number(), reader.number()][0]);
    if (kind === TABLE) symbols = reader.list(() => symbol(reader, segments));
    reader.at = next;
  }
  return symbols.map((symbol) => ({ ...symbol, mayChange: !names[symbol.segment]?.startsWith(".rodata") }));
}

function symbol(reader, segments) {
  const [kind, flags] = [reader.byte(), reader.number()];
  if (kind === DATA) {
    reader.name();
    if (flags & UNDEFINED) return { kind };
    const [segment, offset, size] = [reader.number(), reader.number(), reader.number()];
    return { kind, segment, address: segments[segment].address + offset, size };
  }
  const index = reader.number(); // several names may be of one function
  if (kind !== 3 && (!(flags & UNDEFINED) || flags & 0x40)) reader.name();
  return { kind, function: index };
}

function relocationsOf(bytes, section) {
  const reader = new Reader(bytes, section.content);
  reader.number(); // the section it is about
  return reader.list(() => {
    const [type, offset, index] = [reader.byte(), reader.number(), reader.number()];
    return { type, offset, index, added: ADDED.includes(type) ? reader.number(true) : 0 };
  });
}

/** What the head of this file says. */
function linkerSays(bytes, sections) {
  const found = (name) => sections.find((section) => section.name === name);
  const data = sections.find((section) => section.id === 11);
  const segments = segmentsOf(bytes, data);
  const all = symbolsOf(bytes, found("linking"), segments);
  const symbols = all.filter(({ size }) => size > 0).sort((one, other) => one.address - other.address);
  symbols.forEach((symbol, place) => Object.assign(symbol, { place, names: new Set(), slots: new Set() }));

  const [named, called] = [{}, new Set()];
  const kept = new Set(symbols.filter((symbol) => symbol.mayChange).map(({ place }) => place));
  for (const { type, index, added } of relocationsOf(bytes, found("reloc.CODE"))) {
    if (SLOTS.includes(type)) called.add(all[index].function);
    const { address, size, place } = all[index];
    if (!ADDRESSES.includes(type) || place === undefined) continue;
    (named[address + added] ??= new Set()).add(place);
    if (added < 0 || added > size) kept.add(place);
  }

  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (const { type, offset, index, added } of relocationsOf(bytes, found("reloc.DATA"))) {
    const at = data.content + offset;
    const segment = segments.findLast((segment) => segment.at <= at);
    const address = segment.address + at - segment.at;
    const owners = symbols.filter((symbol) => symbol.address <= address && address < symbol.address + symbol.size);
    const value = view.getUint32(at, true);
    if (ADDRESSES.includes(type) && all[index].address + added !== value) throw new Error("symbols: the linker's words are not about this program");
    for (const owner of owners) {
      if (ADDRESSES.includes(type) && all[index].place !== undefined) owner.names.add(all[index].place);
      if (SLOTS.includes(type) && !called.has(all[index].function)) owner.slots.add(value);
    }
  }
  /** Where in the file an address is; at its end, where there is nothing. */
  const fileAt = (address) => {
    const segment = segments.findLast((segment) => segment.address <= address);
    return segment ? segment.at + address - segment.address : bytes.length;
  };
  /** A core::panic::Location: the file's name, its length, the line and the column. Those of strategies are read while they run
   *  (`note_line` in src/simulator/strategy/clients.rs). */
  const isLine = ({ address, size, names }) => {
    if (size !== 16 || names.size === 0) return false;
    const [text, length] = [0, 4].map((offset) => view.getUint32(fileAt(address) + offset, true));
    const file = length < 1_000 ? bytes.subarray(fileAt(text)).subarray(0, length).toString("latin1") : "";
    return file.endsWith(".rs") && !file.includes("/strategy/");
  };
  const lines = symbols.filter(isLine).map(({ place }) => place);
  return { symbols: symbols.map(({ address, size, names, slots }) => [address, size, [...names], [...slots]]), named: Object.fromEntries(Object.entries(named).map(([address, places]) => [address, [...places]])), kept: [...kept], lines };
}

const [file, out] = process.argv.slice(2);
const bytes = readFileSync(file);
const sections = sectionsOf(bytes);
const isLinkers = ({ name }) => name === "linking" || name?.startsWith("reloc.");
const said = sections.some(isLinkers) ? linkerSays(bytes, sections) : null; // where RUSTFLAGS are set
if (out) {
  writeFileSync(`${out}.${process.pid}`, JSON.stringify(said)); // another build may read it
  renameSync(`${out}.${process.pid}`, out);
}
const kept = sections.filter((section) => !isLinkers(section)).map(({ start, end }) => bytes.subarray(start, end));
writeFileSync(file, Buffer.concat([bytes.subarray(0, 8), ...kept]));
