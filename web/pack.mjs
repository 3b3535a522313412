// Packs the built interface for embedding: node pack.mjs OUT [DIST]
// writes OUT/assets.bin (every file, compressed where that pays), OUT/assets.S (puts it into .rodata) and
// OUT/assets.cpp (embedded_assets() of src/servers/http/assets.hpp). Plain node, no packages.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const kWeb = dirname(fileURLToPath(import.meta.url));
const kBudgetBytes = 300_000; // first load, compressed
const kTypes = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
};

/** Files of packages that are served as they are, beside the pages of apidocs/ that load them. */
const kPackaged = {
  'docs/swagger-ui.css': 'swagger-ui-dist/swagger-ui.css',
  'docs/swagger-ui-bundle.js': 'swagger-ui-dist/swagger-ui-bundle.js',
  'redoc/redoc.standalone.js': 'redoc/bundles/redoc.standalone.js',
};

function filesBelow(folder, prefix = '') {
  return readdirSync(join(folder, prefix)).flatMap((name) => {
    const path = prefix + name;
    return statSync(join(folder, path)).isDirectory() ? filesBelow(folder, `${path}/`) : [path];
  });
}

function collect(dist) {
  const files = new Map();
  for (const path of filesBelow(dist)) files.set(path, readFileSync(join(dist, path)));
  for (const path of filesBelow(join(kWeb, 'apidocs'))) files.set(path, readFileSync(join(kWeb, 'apidocs', path)));
  for (const [path, from] of Object.entries(kPackaged)) {
    files.set(path, withoutOutside(readFileSync(join(kWeb, 'node_modules', from))));
  }
  return [...files].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** No page may reach into the internet: redoc's footer loads its maker's logo from there, and maps are not packed. */
function withoutOutside(bytes) {
  return Buffer.from(
    bytes
      .toString('utf8')
      .replace(/https:\/\/cdn\.redoc(?:ly)?\.(?:ly|com)\/[^"'`\s]*\.svg/g, 'data:,')
      // Only as the last line: such a comment inside is part of the program's own texts.
      .replace(/\n?\/[/*]# sourceMappingURL=\S+(\s*\*\/)?\s*$/, ''),
  );
}

function pack([path, content]) {
  const type = kTypes[extname(path)];
  if (!type) throw new Error(`${path}: no content type is known for this file; add it to kTypes in web/pack.mjs`);
  const zipped = gzipSync(content, { level: 9 });
  const gzip = zipped.length < content.length * 0.95;
  const etag = createHash('sha256').update(content).digest('hex').slice(0, 20);
  return { path, type, etag, gzip, immutable: path.startsWith('assets/'), bytes: gzip ? zipped : content };
}

/** What a browser loads before the first page shows: index.html, what it names, and what that imports statically. */
function firstLoad(files) {
  const found = new Set(['index.html']);
  for (const path of found) {
    if (!/\.(html|js)$/.test(path)) continue;
    const text = files.get(path).toString('utf8');
    const named = path.endsWith('.html')
      ? [...text.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map((match) => match[1])
      : [...text.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)].map((match) => `assets/${match[1]}`);
    for (const each of named) if (files.has(each)) found.add(each);
  }
  return found;
}

function checkBudget(assets, files) {
  const needed = firstLoad(files);
  const first = assets.filter((asset) => needed.has(asset.path)).reduce((sum, asset) => sum + asset.bytes.length, 0);
  if (first > kBudgetBytes) throw new Error(`the first load is ${first} bytes, more than the ${kBudgetBytes} allowed`);
  return first;
}

function source(assets) {
  let offset = 0;
  const lines = assets.map((asset) => {
    const at = offset;
    offset += asset.bytes.length;
    return `    Asset{.path = "${asset.path}",
          .content_type = "${asset.type}",
          .etag = "\\"${asset.etag}\\"",
          .gzip = ${asset.gzip},
          .immutable = ${asset.immutable},
          .bytes = {tagwerk_web_assets + ${at}, ${asset.bytes.length}}},`;
  });
  return `// Made by web/pack.mjs.
#include <array>
#include <cstddef>

#include "servers/http/assets.hpp"

extern "C" const std::byte tagwerk_web_assets[${offset}];

namespace tagwerk::servers::http {

std::span<const Asset> embedded_assets() {
  static const std::array<Asset, ${assets.length}> assets{
${lines.join('\n')}
  };
  return assets;
}

}  // namespace tagwerk::servers::http
`;
}

const kAssembly = `/* Made by web/pack.mjs. */
    .section .rodata
    .balign 16
    .global tagwerk_web_assets
    .type tagwerk_web_assets, %object
tagwerk_web_assets:
    .incbin "assets.bin"
    .size tagwerk_web_assets, . - tagwerk_web_assets
    .section .note.GNU-stack, "", %progbits
`;

const [out, dist = join(kWeb, 'dist')] = process.argv.slice(2);
if (!out) {
  console.error('usage: node pack.mjs OUT [DIST]');
  process.exit(2);
}
const files = collect(dist);
const assets = files.map(pack);
const first = checkBudget(assets, new Map(files));
mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'assets.bin'), Buffer.concat(assets.map((asset) => asset.bytes)));
writeFileSync(join(out, 'assets.S'), kAssembly);
writeFileSync(join(out, 'assets.cpp'), source(assets));
const total = assets.reduce((sum, asset) => sum + asset.bytes.length, 0);
console.log(`web: ${assets.length} files, ${total} bytes, of which ${first} for the first load`);
