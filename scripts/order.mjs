// In which order a program's functions stand is nothing to it, but much to what compresses it: what is alike costs less side by side.
import { Reader, sectionsOf } from "./sections.mjs";

/** The code of each function of a program, in the order in which they stand there. */
export function bodiesOf(bytes) {
  const code = sectionsOf(bytes).find((section) => section.id === 10);
  const reader = new Reader(bytes, code.content);
  return reader.list(() => {
    const length = reader.number();
    reader.at += length;
    return bytes.subarray(reader.at - length, reader.at);
  });
}

/** So many bytes in a row are taken for one pattern. */
const PATTERN = 4;

/** The patterns of each body that another one has, too, but for those that so many have that they tell nothing; and who has each. */
function patternsOf(bodies) {
  const holders = new Map();
  bodies.forEach((body, place) => {
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    for (let at = 0; at + PATTERN <= body.length; at++) {
      const pattern = view.getUint32(at);
      const own = holders.get(pattern);
      if (!own) holders.set(pattern, [place]);
      else if (own.at(-1) !== place) own.push(place);
    }
  });
  const patterns = bodies.map(() => []);
  for (const own of holders.values()) if (own.length > 1 && own.length <= bodies.length / 4) own.forEach((place) => patterns[place].push(own));
  return patterns;
}

/** The places of the bodies, in an order in which each is followed by the one that shares most with it, for its size. */
export function byLikeness(bodies) {
  const patterns = patternsOf(bodies);
  const left = new Set(bodies.keys());
  const shared = new Uint32Array(bodies.length);
  const order = [];
  while (left.size > 0) {
    const alike = new Set();
    for (const own of order.length > 0 ? patterns[order.at(-1)] : []) {
      for (const place of own) if (shared[place]++ === 0 && left.has(place)) alike.add(place);
    }
    const share = (place) => shared[place] / (patterns[place].length + 8); // of very short ones, a few are no likeness
    let next = left.values().next().value;
    for (const place of alike) if (share(place) > share(next)) next = place;
    shared.fill(0);
    left.delete(next);
    order.push(next);
  }
  return order;
}
