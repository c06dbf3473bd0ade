// Takes out of a program where in the source a panic came from: of each place a file's name, a line and a column, and of the
// messages nothing. A figure is a seventieth smaller without them; the whole page, which its link opens, keeps them.
//
//   node scripts/forget-places.mjs figure_bg.wasm
//
// rustc can do so itself (-Zlocation-detail=none), but not the stable one, and not for the standard library as it comes.
import { readFileSync, writeFileSync } from "node:fs";

const DATA_SECTION = 11;
const [path] = process.argv.slice(2);
const bytes = readFileSync(path);

/** A number in LEB128 and what follows it. */
function number(at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return [value, at];
  }
}

/** The pieces of the memory that the program begins with: where each lies in memory and in the file, and how long it is. */
function pieces() {
  for (let at = 8; at < bytes.length; ) {
    const [size, body] = number(at + 1);
    if (bytes[at] === DATA_SECTION) return piecesIn(body);
    at = body + size;
  }
  throw new Error(`${path} has no data`);
}

function piecesIn(section) {
  let [count, at] = number(section);
  return Array.from({ length: count }, () => {
    // An active piece of the one memory: 0, i32.const, address, end.
    if (bytes[at] !== 0 || bytes[at + 1] !== 0x41) throw new Error(`${path}: a piece of data of another kind`);
    const [memory, end] = number(at + 2);
    const [length, file] = number(end + 1);
    at = file + length;
    return { memory, file, length };
  });
}

const all = pieces();
/** The text at an address; empty where there is none. */
function textAt(address, length) {
  const piece = all.find(({ memory, length: most }) => memory <= address && address + length <= memory + most);
  return piece ? bytes.toString("latin1", piece.file + address - piece.memory, piece.file + address - piece.memory + length) : "";
}

// core::panic::Location, which is what it is in memory: the name's address and length, the line, the column. Where a piece
// ends with one, wasm-opt has cut off the zeros in which its column ends.
const names = new Set();
let places = 0;
for (const { memory, file, length } of all) {
  const end = file + length;
  for (let at = file + ((4 - (memory % 4)) % 4); at + 13 <= end; at += 4) {
    const [address, letters, line, column] = [0, 4, 8, 12].map((next) => bytes.readUIntLE(at + next, Math.min(4, end - at - next)));
    const isLikely = letters > 3 && letters < 250 && line > 0 && line < 100_000 && column > 0 && column < 1_000;
    if (!isLikely || !/^[!-~]+\.rs$/.test(textAt(address, letters))) continue;
    names.add(`${address} ${letters}`);
    places += 1;
    bytes.fill(0, at, Math.min(at + 16, end)).writeUInt32LE(1, at); // an empty text is anywhere but at 0
  }
}
for (const [address, letters] of [...names].map((name) => name.split(" ").map(Number))) {
  const { memory, file } = all.find((piece) => piece.memory <= address && address < piece.memory + piece.length);
  bytes.fill(0, file + address - memory, file + address - memory + letters);
}
// Less were a sign that places look otherwise by now.
if (places < 100) throw new Error(`${path}: only ${places} places of panics were found`);
writeFileSync(path, bytes);
