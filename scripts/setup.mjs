// Everything a fresh clone needs before a command can run: dependencies from the lockfile (with Node 24 from npm),
// compiled contracts and compiled WebAssembly kernels. Plain JavaScript, because it runs on the machine's own Node (>= 20) before anything is installed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { buildWasm } from "./build-wasm.mjs";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const packagedNode = join(root, "node_modules", "node", "bin", "node");
const MINIMUM_NODE_MAJOR = 20;

const sha256 = (parts) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
};

function* filesUnder(folder, extension) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesUnder(path, extension);
    else if (entry.name.endsWith(extension)) yield path;
  }
}

const stampIs = (path, value) => existsSync(path) && readFileSync(path, "utf8") === value;

/** The environment in which `node` is the packaged Node 24. */
export const environment = () => ({
  ...process.env,
  PATH: `${join(root, "node_modules", ".bin")}:${process.env.PATH ?? ""}`,
  // Hardhat would otherwise ask on first use; there is nobody to ask in CI.
  HARDHAT_DISABLE_TELEMETRY_PROMPT: "true",
});

/** Set-up talks on stderr only: the first command after a clone may be one whose stdout is a JSON document. */
const ON_STDERR = ["inherit", process.stderr, "inherit"];

/** Runs a command with its output shown, and stops with its exit code when it fails. */
export function run(command, args, what, stdio = "inherit") {
  const result = spawnSync(command, args, { cwd: root, stdio, env: environment() });
  if (result.error) {
    console.error(`${what} could not start: ${result.error.message}.`);
    process.exit(1);
  }
  if (result.status !== 0) {
    console.error(`${what} failed with exit code ${result.status ?? `signal ${result.signal}`}.`);
    process.exit(result.status ?? 1);
  }
}

function install(log) {
  const lock = readFileSync(join(root, "package-lock.json"));
  const stamp = join(root, "node_modules", ".amplified-install");
  const wanted = sha256([lock]);
  if (stampIs(stamp, wanted) && existsSync(packagedNode)) return;
  log("[setup 1/2] installing dependencies from the lockfile with Node 24 (about a minute) ...");
  const started = Date.now();
  // Plain `npm ci` on Node 20 would drop Hardhat's native binary: npm checks engines before the packaged Node exists.
  run(
    "npx",
    ["-y", "-p", "node@24", "npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"],
    "Installing dependencies",
    ON_STDERR,
  );
  writeFileSync(stamp, wanted);
  log(`[setup 1/2] done in ${Math.round((Date.now() - started) / 1000)} s`);
}

function build(log) {
  const sources = ["contracts", join("test", "doubles")]
    .map((folder) => join(root, folder))
    .filter((folder) => existsSync(folder) && statSync(folder).isDirectory())
    .flatMap((folder) => [...filesUnder(folder, ".sol")])
    .sort();
  const wanted = sha256(
    [...sources, join(root, "hardhat.config.ts"), join(root, "package-lock.json")].flatMap((path) => [
      relative(root, path),
      readFileSync(path),
    ]),
  );
  const stamp = join(root, "artifacts", ".amplified-build");
  if (stampIs(stamp, wanted)) return;
  log("[setup 2/2] compiling the contracts and their tests with solc from npm (one to two minutes) ...");
  const started = Date.now();
  run(
    packagedNode,
    [join(root, "node_modules", "hardhat", "dist", "src", "cli.js"), "build", "--quiet"],
    "Compiling",
    ON_STDERR,
  );
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
  log(`[setup 2/2] done in ${Math.round((Date.now() - started) / 1000)} s`);
}

/** Makes the checkout ready to run; quick when nothing changed. Progress goes to stderr, so that --json stays clean. */
export function setUp() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < MINIMUM_NODE_MAJOR) {
    console.error(
      `Node ${process.versions.node} is too old. Install Node ${MINIMUM_NODE_MAJOR} or newer and run the command again.`,
    );
    process.exit(2);
  }
  const log = (line) => console.error(line);
  install(log);
  build(log);
  // After Hardhat, which owns the rest of artifacts/. A kernel that does not compile has a slower twin in TypeScript with the
  // same numbers, so the command still runs.
  if (!buildWasm({ node: packagedNode, log }))
    log("The engine runs its TypeScript kernels instead: same numbers, slower.");
}
