// Programs as files: what is in them, section by section.

/** Reads numbers and names one after the other. */
export class Reader {
  constructor(bytes, at = 0) {
    Object.assign(this, { bytes, at });
  }
  byte = () => this.bytes[this.at++];
  number(isSigned = false) {
    let [value, scale, byte] = [0, 1, 0];
    do {
      byte = this.byte();
      value += (byte & 0x7f) * scale;
      scale *= 128;
    } while (byte & 0x80);
    return isSigned && byte & 0x40 ? value - scale : value;
  }
  name() {
    const length = this.number();
    this.at += length;
    return Buffer.from(this.bytes.subarray(this.at - length, this.at)).toString();
  }
  list = (item) => Array.from({ length: this.number() }, item);
}

/** The sections of a program, of the form https://webassembly.github.io/spec/core/binary/modules.html: `id`, `name` of those that have one, and where each starts, its content, and the next one. */
export function sectionsOf(bytes) {
  const sections = [];
  for (const reader = new Reader(bytes, 8); reader.at < bytes.length; ) {
    const start = reader.at;
    const id = reader.byte();
    const size = reader.number();
    const end = reader.at + size;
    const name = id === 0 ? reader.name() : null;
    sections.push({ id, name, start, content: reader.at, end });
    reader.at = end;
  }
  return sections;
}

/** A number as programs write it, without a sign. */
export function numberAsBytes(value) {
  const bytes = [];
  do {
    bytes.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value >>>= 7;
  } while (value > 0);
  return bytes;
}
