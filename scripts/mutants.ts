/**
 * `npm run test:mutants [-- --only ID] [-- --fresh]`: plants each fault of test/mutants/list.ts in a copy of the contracts and expects
 * the named tests to fail. Results are kept beside the copy, so that an interrupted run goes on where it stopped.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { InputError } from "../keeper/kernel/errors.ts";
import type { Mutant } from "../test/mutants/list.ts";
import { MUTANTS } from "../test/mutants/list.ts";
import { copyProject, fingerprint, hardhat, workspaceOf } from "./instrument/workspace.ts";

type Verdict = "killed" | "survived" | "does not compile";
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

/** Suites in need of nothing else are compiled; the rest would only cost time. */
function keepOnly(workspace: string, tests: ReadonlySet<string>): void {
  const folder = join(workspace, "test", "contracts");
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && entry.name.endsWith(".t.sol") && !tests.has(path.slice(workspace.length + 1))) rmSync(path);
  }
}

/**
 * The tests and what a campaign fuzzes: Hardhat knows a handler by its artifact, and writes artifacts only of the files it was
 * given. Without them a campaign fails before it starts, which would look like a fault noticed.
 */
function sourcesOf(workspace: string, tests: readonly string[]): string[] {
  const handlers = tests
    .map((test) => dirname(test))
    .filter((folder) => folder !== "test/contracts")
    .flatMap((folder) => readdirSync(join(workspace, folder)).map((name) => `${folder}/${name}`))
    .filter((path) => path.endsWith(".sol"));
  return [...new Set([...tests, ...handlers])];
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
    // Only what these tests reach: adapters and doubles of other tests would cost most of the time.
    if (!hardhat(workspace, ["build", "--quiet", ...sourcesOf(workspace, mutant.tests)]).ok) return "does not compile";
    return hardhat(workspace, ["test", "solidity", "--no-compile", ...mutant.tests]).ok ? "survived" : "killed";
  } finally {
    restore();
  }
}

function main(): number {
  const { values } = parseArgs({ options: { only: { type: "string" }, fresh: { type: "boolean", default: false } } });
  const chosen = values.only === undefined ? MUTANTS : MUTANTS.filter((mutant) => mutant.id === values.only);
  if (chosen.length === 0) throw new MutantUnknownError(values.only ?? "");
  const workspace = workspaceOf("mutants");
  const state = join(workspace, "results.json");
  const sources = fingerprint(["contracts", "test/contracts", "test/doubles", "test/mutants"]);
  copyProject(workspace, copied);
  keepOnly(workspace, new Set(MUTANTS.flatMap((mutant) => mutant.tests)));
  const kept: Record<string, unknown> =
    !values.fresh && existsSync(state) ? JSON.parse(readFileSync(state, "utf8")) : {};
  const known = kept.sources === sources ? kept : { sources };
  if (known.baseline !== "green") {
    console.log("Baseline, without a fault ...");
    const tests = [...new Set(chosen.flatMap((mutant) => mutant.tests))];
    const built = hardhat(workspace, ["build", "--quiet", ...sourcesOf(workspace, tests)]);
    const green = built.ok ? hardhat(workspace, ["test", "solidity", "--no-compile", ...tests]) : built;
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
