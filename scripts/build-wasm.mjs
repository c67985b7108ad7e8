// Compiles assembly/NAME.ts to artifacts/wasm/NAME.wasm. `node scripts/build-wasm.mjs` does it when a source has changed;
// --force always. Files in assembly/shared are parts, not modules. Everything is said on stderr.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { argv, execPath } from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sources = join(root, "assembly");
const target = join(root, "artifacts", "wasm");
const stamp = join(target, ".amplified-build");

// No relaxed SIMD: its results may differ between machines. The host gives the memory, so that both kernels share one layout.
const FLAGS = [
  ...["--optimizeLevel", "3", "--shrinkLevel", "0", "--noAssert"],
  ...["--runtime", "stub", "--importMemory", "--enable", "simd", "--enable", "bulk-memory"],
];

const filesIn = (folder, options = {}) =>
  readdirSync(folder, { withFileTypes: true, ...options })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();

function wantedStamp() {
  const hash = createHash("sha256").update(FLAGS.join(" "));
  const compiler = join(root, "node_modules", "assemblyscript", "package.json");
  for (const path of [...filesIn(sources, { recursive: true }), compiler])
    hash.update(relative(root, path)).update(readFileSync(path));
  return hash.digest("hex");
}

/** @returns {boolean} false when the compiler refused a source; what it said is on stderr. */
export function buildWasm({ force = false, node = execPath, log = (line) => console.error(line) } = {}) {
  const modules = filesIn(sources).map((path) => ({ path, out: join(target, `${basename(path, ".ts")}.wasm`) }));
  const wanted = wantedStamp();
  const fresh = existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
  if (!force && fresh && modules.every(({ out }) => existsSync(out))) return true;
  const started = Date.now();
  mkdirSync(target, { recursive: true });
  rmSync(stamp, { force: true });
  const asc = join(root, "node_modules", "assemblyscript", "bin", "asc.js");
  for (const { path, out } of modules) {
    log(`[setup] compiling ${relative(root, path)} to WebAssembly ...`);
    const run = spawnSync(node, [asc, relative(root, path), "--outFile", relative(root, out), ...FLAGS], {
      cwd: root,
      stdio: ["ignore", process.stderr, "inherit"],
    });
    if (run.status !== 0) {
      log(`Compiling ${relative(root, path)} failed with exit code ${run.status ?? `signal ${run.signal}`}.`);
      return false;
    }
  }
  writeFileSync(stamp, wanted);
  log(`[setup] WebAssembly done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return true;
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href)
  process.exitCode = buildWasm({ force: argv.includes("--force") }) ? 0 : 1;
