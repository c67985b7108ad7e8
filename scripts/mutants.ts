/**
 * `npm run test:mutants [-- --only ID] [-- --fresh]`: plants each fault of test/mutants/list.ts in a copy of the contracts and expects
 * the named tests to fail. Results are kept beside the copy, so that an interrupted run goes on where it stopped.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { InputError } from "../keeper/kernel/errors.ts";
import type { Mutant } from "../test/mutants/list.ts";
import { MUTANTS } from "../test/mutants/list.ts";

type Verdict = "killed" | "survived" | "does not compile";
const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const copied = ["contracts", "test/contracts", "test/doubles", "hardhat.config.ts", "package.json", "tsconfig.json"];

class MutantStaleError extends InputError {
  readonly code = "MUTANT_STALE";
  constructor(id: string, found: number) {
    super(
      `The text of mutant "${id}" occurs ${found} times, not once. Bring test/mutants/list.ts up to the contracts.`,
    );
  }
}

class MutantUnknownError extends InputError {
  readonly code = "MUTANT_UNKNOWN";
  constructor(id: string) {
    super(`There is no mutant "${id}". Choose from: ${MUTANTS.map((mutant) => mutant.id).join(", ")}.`);
  }
}

class BaselineRedError extends InputError {
  readonly code = "MUTANT_BASELINE_RED";
  constructor(output: string) {
    super(`The tests fail without any fault planted. Mend that first.\n${output}`);
  }
}

/** Names this state of the sources: a result counts only for what it was measured on. */
function fingerprint(): string {
  const hash = createHash("sha256");
  for (const folder of ["contracts", "test/contracts", "test/doubles", "test/mutants"]) {
    const files = readdirSync(join(root, folder), { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    for (const file of files.map((entry) => join(entry.parentPath, entry.name)).sort())
      hash.update(file.slice(root.length)).update(readFileSync(file));
  }
  return hash.digest("hex");
}

function hardhat(workspace: string, args: readonly string[]): { readonly ok: boolean; readonly output: string } {
  const cli = join(root, "node_modules", "hardhat", "dist", "src", "cli.js");
  const run = spawnSync(process.execPath, [cli, ...args], {
    cwd: workspace,
    encoding: "utf8",
    env: { ...process.env, HARDHAT_DISABLE_TELEMETRY_PROMPT: "true" },
  });
  return { ok: run.status === 0, output: `${run.stdout}${run.stderr}` };
}

function prepare(workspace: string): void {
  mkdirSync(workspace, { recursive: true });
  for (const part of copied) {
    rmSync(join(workspace, part), { recursive: true, force: true });
    cpSync(join(root, part), join(workspace, part), { recursive: true });
  }
  if (!existsSync(join(workspace, "node_modules")))
    symlinkSync(join(root, "node_modules"), join(workspace, "node_modules"), "dir");
}

/** Suites in need of nothing else are compiled; the rest would only cost time. */
function keepOnly(workspace: string, tests: ReadonlySet<string>): void {
  const folder = join(workspace, "test", "contracts");
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && entry.name.endsWith(".t.sol") && !tests.has(path.slice(workspace.length + 1))) rmSync(path);
  }
}

function plant(workspace: string, mutant: Mutant): () => void {
  const path = join(workspace, mutant.file);
  const source = readFileSync(path, "utf8");
  const found = source.split(mutant.search).length - 1;
  if (found !== 1) throw new MutantStaleError(mutant.id, found);
  writeFileSync(
    path,
    source.replace(mutant.search, () => mutant.replace),
  );
  return () => writeFileSync(path, source);
}

function judge(workspace: string, mutant: Mutant): Verdict {
  const restore = plant(workspace, mutant);
  try {
    if (!hardhat(workspace, ["build", "--quiet"]).ok) return "does not compile";
    return hardhat(workspace, ["test", "solidity", "--no-compile", ...mutant.tests]).ok ? "survived" : "killed";
  } finally {
    restore();
  }
}

function main(): number {
  const { values } = parseArgs({ options: { only: { type: "string" }, fresh: { type: "boolean", default: false } } });
  const chosen = values.only === undefined ? MUTANTS : MUTANTS.filter((mutant) => mutant.id === values.only);
  if (chosen.length === 0) throw new MutantUnknownError(values.only ?? "");
  const key = createHash("sha256").update(root).digest("hex").slice(0, 12);
  const workspace = join(tmpdir(), `amplified-mutants-${key}`);
  const state = join(workspace, "results.json");
  const sources = fingerprint();
  prepare(workspace);
  keepOnly(workspace, new Set(MUTANTS.flatMap((mutant) => mutant.tests)));
  const kept: Record<string, unknown> =
    !values.fresh && existsSync(state) ? JSON.parse(readFileSync(state, "utf8")) : {};
  const known = kept.sources === sources ? kept : { sources };
  if (known.baseline !== "green") {
    console.log("Baseline, without a fault ...");
    const built = hardhat(workspace, ["build", "--quiet"]);
    const green = built.ok
      ? hardhat(workspace, ["test", "solidity", "--no-compile", ...new Set(chosen.flatMap((mutant) => mutant.tests))])
      : built;
    if (!green.ok) throw new BaselineRedError(green.output.slice(-2_000));
    if (values.only === undefined) known.baseline = "green";
  }
  let unexpected = 0;
  for (const [index, mutant] of chosen.entries()) {
    const started = Date.now();
    const verdict = known[mutant.id] ?? judge(workspace, mutant);
    known[mutant.id] = verdict;
    writeFileSync(state, JSON.stringify(known, null, 2));
    const isExpected = verdict === (mutant.survives === undefined ? "killed" : "survived");
    if (!isExpected) unexpected += 1;
    const seconds = ((Date.now() - started) / 1000).toFixed(0);
    console.log(
      `${String(index + 1).padStart(3)}/${chosen.length}  ${mutant.breaks.padEnd(13)} ${mutant.id.padEnd(34)} ${String(verdict)}${isExpected ? "" : "  <- not expected"}  ${seconds} s`,
    );
  }
  console.log(unexpected === 0 ? "Every fault was noticed." : `${unexpected} verdicts are not as expected.`);
  return unexpected === 0 ? 0 : 1;
}

process.exitCode = main();
