// Writes .br and .gz beside each file of a folder that is worth it, for servers that hand out what is compressed already.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const folder = process.argv[2] ?? "dist";
for (const name of readdirSync(folder)) {
  if (!/\.(wasm|js|css|html|svg|json|txt)$/.test(name)) continue;
  const file = readFileSync(join(folder, name));
  const brotli = { params: { [constants.BROTLI_PARAM_SIZE_HINT]: file.length, [constants.BROTLI_PARAM_QUALITY]: 11 } };
  writeFileSync(join(folder, `${name}.br`), brotliCompressSync(file, brotli));
  writeFileSync(join(folder, `${name}.gz`), gzipSync(file, { level: 9 }));
}
