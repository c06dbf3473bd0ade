// A static file server on a port of its own, for the tests. Start a second one for another origin.
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { basename, extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";

const MIME = {
  ".css": "text/css; charset=utf-8",
  ".csv": "text/csv; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".toml": "text/plain; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".woff2": "font/woff2",
};

export const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));
/** What the scripts of dist/ were before the build made them small. */
const WRITTEN = fileURLToPath(new URL("../../static/", import.meta.url));

/**
 * Serves a folder under a path.
 *
 * @param {object} [options]
 * @param {string} [options.root] the folder; dist/ unless told
 * @param {string} [options.base] where it is mounted: "/" unless told, "/blog/figures/" to prove relative links
 * @param {Record<string, string>} [options.pages] extra pages by path ("/post.html" → its HTML), before the files
 * @param {(path: string) => boolean} [options.missing] answers 404 for these, to prove what happens then
 * @param {(path: string) => boolean} [options.open] whether pages of other origins may read the file, as the usual hosts
 *   of static pages let them: a module script of another origin needs it, and so does a sandboxed frame
 * @param {Record<string, string>} [options.headers] further headers of every file
 * @param {(text: string, path: string) => string} [options.change] changes the text of scripts and pages on their way, to
 *   prove what happens without a guard; scripts as they were written, where the build has made them small
 * @returns {Promise<{url: string, requests: string[], close: () => Promise<void>}>}
 */
export async function serve({ root = DIST, base = "/", pages = {}, missing = () => false, open = () => true, headers: further = {}, change } = {}) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const refuse = (status) => response.writeHead(status, { "Content-Type": "text/plain" }).end(String(status));
    let path;
    try {
      path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    } catch {
      return refuse(400);
    }
    requests.push(path);
    if (missing(path)) return refuse(404);
    if (Object.hasOwn(pages, path)) return response.writeHead(200, { "Content-Type": MIME[".html"] }).end(pages[path]);
    if (!path.startsWith(base)) return refuse(404);
    let file = normalize(join(root, path.slice(base.length)));
    if (!file.startsWith(normalize(root.endsWith(sep) ? root : root + sep))) return refuse(403);
    if (path.endsWith("/")) file = join(file, "index.html");
    const found = await stat(file).catch(() => null);
    if (!found?.isFile()) return refuse(404);
    const headers = {
      "Content-Type": MIME[extname(file)] ?? "application/octet-stream",
      "Content-Length": found.size,
      "Cache-Control": "no-cache",
      ...further,
      ...(open(path) ? { "Access-Control-Allow-Origin": "*" } : {}),
    };
    if (change && [".js", ".html"].includes(extname(file))) {
      const written = await readFile(join(WRITTEN, basename(file)), "utf8").catch(() => readFile(file, "utf8"));
      const text = change(written, path);
      return response.writeHead(200, { ...headers, "Content-Length": Buffer.byteLength(text) }).end(text);
    }
    response.writeHead(200, headers);
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  // A test that fails before it closes its server must not keep the whole run alive: it would wait until it is killed.
  server.unref();
  return {
    url: `http://127.0.0.1:${server.address().port}${base}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}
