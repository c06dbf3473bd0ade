// Gives what a program takes from its script short names: wasm-bindgen's are long, end in sixteen digits that no compression
// makes shorter, and stand in the script, in the program and in the rest of it.
//
//   node scripts/short-names.mjs PROGRAM.js PROGRAM_bg.wasm
import { readFileSync, writeFileSync } from "node:fs";

import { Reader, numberAsBytes, sectionsOf } from "./sections.mjs";

const LONG = /\b__wbg_\w+_[0-9a-f]{16}\b/g;
const [IMPORTS, FUNCTION] = [2, 0];

const [script, program] = process.argv.slice(2);
const text = readFileSync(script, "utf8");
const names = [...new Set(text.match(LONG))].sort();
const shortOf = new Map(names.map((name, i) => [name, `w${i.toString(36)}`]));
writeFileSync(script, text.replaceAll(LONG, (name) => shortOf.get(name)));

const bytes = readFileSync(program);
const imports = sectionsOf(bytes).find((section) => section.id === IMPORTS);
const reader = new Reader(bytes, imports.content);
const written = (name) => [...numberAsBytes(Buffer.byteLength(name)), ...Buffer.from(name)];
const items = reader.list(() => {
  const [module, name, kind] = [reader.name(), reader.name(), reader.byte()];
  if (kind !== FUNCTION) throw new Error(`short-names: ${name} is no function`);
  return [...written(module), ...written(shortOf.get(name) ?? name), kind, ...numberAsBytes(reader.number())];
});
const content = [...numberAsBytes(items.length), ...items.flat()];
const section = Buffer.from([IMPORTS, ...numberAsBytes(content.length), ...content]);
writeFileSync(program, Buffer.concat([bytes.subarray(0, imports.start), section, bytes.subarray(imports.end)]));
