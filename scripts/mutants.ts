/**
 * `npm run test:mutants [-- --only ID] [-- --fresh]`: turns on each fault of test/mutants/list.ts in a copy of the contracts and
 * expects the named tests to fail. All faults are compiled once, each behind a switch (scripts/instrument/schemata.ts); two
 * workers then turn them on one by one. Results are kept beside the copy, so that an interrupted run goes on where it stopped.
 *
 * A fault counts as killed when a test of a build that is green without it fails, and fails by a check of its own or by a revert
 * where an act has to succeed. Anything else that stops a run is an error of the run.
 */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { InputError } from "../keeper/kernel/errors.ts";
import type { Mutant } from "../test/mutants/list.ts";
import { MUTANTS } from "../test/mutants/list.ts";
import { projectRoot } from "./instrument/ast.ts";
import {
  beneficiary,
  GUARD,
  GUARD_COPY,
  importPath,
  SWITCH,
  SWITCHED_CONFIG,
  writeSwitch,
} from "./instrument/schemata.ts";
import { reasonOf } from "./instrument/verdicts.ts";
import type { Ran } from "./instrument/workspace.ts";
import { copyProject, fingerprint, hardhat, startHardhat, workspaceOf } from "./instrument/workspace.ts";

type Verdict = "killed" | "survived" | "stopped";
interface Result {
  readonly verdict: Verdict;
  /** What the first failing test said, or the last lines of a run that stopped without one. */
  readonly reason: string;
}

const COPIED = ["contracts", "test/contracts", "test/doubles", "package.json", "tsconfig.json"];
const WORKERS = 2;
const SECONDS = 300;
/** Four times the short profile: it is chance that meets a fault, and a fault that is met ends the campaign. */
const CAMPAIGNS = "64";

class MutantStaleError extends InputError {
  readonly code = "MUTANT_STALE";
  constructor(id: string, found: number) {
    super(
      `The text of mutant "${id}" occurs ${found} times, not once. Bring test/mutants/list.ts up to the contracts.`,
    );
  }
}

class MutantSwitchError extends InputError {
  readonly code = "MUTANT_WITHOUT_SWITCH";
  constructor(id: string) {
    super(`The replacement of mutant "${id}" has no $on: it would be there in every run.`);
  }
}

class MutantUnknownError extends InputError {
  readonly code = "MUTANT_UNKNOWN";
  constructor(id: string) {
    super(`There is no mutant "${id}". Choose from: ${MUTANTS.map((mutant) => mutant.id).join(", ")}.`);
  }
}

class MutantBuildError extends InputError {
  readonly code = "MUTANT_BUILD";
  constructor(output: string) {
    super(`The copy with the faults does not compile. Mend test/mutants/list.ts.\n${output.slice(-3_000)}`);
  }
}

class BaselineRedError extends InputError {
  readonly code = "MUTANT_BASELINE_RED";
  constructor(test: string, output: string) {
    super(`${test} fails with every fault turned off. Mend that first.\n${output.slice(-3_000)}`);
  }
}

/** Suites that no mutant names would only cost time. */
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

/** Writes every fault into the copy; fault i is turned on by the switch's number i + 1. */
function plantAll(workspace: string): void {
  writeSwitch(workspace);
  const texts = new Map<string, string>();
  for (const [index, mutant] of MUTANTS.entries()) {
    const source = texts.get(mutant.file) ?? readFileSync(join(projectRoot, mutant.file), "utf8");
    const found = source.split(mutant.search).length - 1;
    if (found !== 1) throw new MutantStaleError(mutant.id, found);
    if (!mutant.replace.includes("$on")) throw new MutantSwitchError(mutant.id);
    const planted = mutant.replace.replaceAll("$on", () => `Faults.on(${index + 1})`);
    texts.set(
      mutant.file,
      source.replace(mutant.search, () => planted),
    );
  }
  for (const [path, text] of texts) {
    const imported = text
      .replace(/^pragma [^;]+;$/m, (line) => `${line}\nimport {Faults} from "${importPath(path, SWITCH)}";`)
      .replace(GUARD, () => importPath(path, GUARD_COPY));
    writeFileSync(join(workspace, path), imported);
  }
}

function prepare(workspace: string): void {
  const tests = [...new Set(MUTANTS.flatMap((mutant) => mutant.tests))];
  copyProject(workspace, COPIED);
  keepOnly(workspace, new Set(tests));
  plantAll(workspace);
  writeFileSync(join(workspace, "hardhat.base.config.ts"), readFileSync(join(projectRoot, "hardhat.config.ts")));
  writeFileSync(join(workspace, "hardhat.config.ts"), SWITCHED_CONFIG);
  console.log(`Compiling ${MUTANTS.length} faults together ...`);
  const built = hardhat(workspace, ["build", "--quiet", ...sourcesOf(workspace, tests)]);
  if (!built.ok) throw new MutantBuildError(built.output);
}

/** A copy for each worker: Hardhat writes to its cache also where nothing has to be compiled. */
function workerOf(workspace: string, index: number): string {
  const copy = `${workspace}-${index}`;
  rmSync(copy, { recursive: true, force: true });
  cpSync(workspace, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

/** The campaign alone, without its fixed example: what fails there is one long call, whose trace fills the memory. */
const runTest = (workspace: string, test: string, chosen: number): Promise<Ran> =>
  startHardhat(workspace, ["test", "solidity", "--no-compile", "--grep-exclude", "test_ASeededLife", test], {
    env: { MUTANT_BENEFICIARY: beneficiary(chosen), MUTANT_INVARIANT_RUNS: CAMPAIGNS },
    seconds: SECONDS,
  });

/** What a run that stopped said first; its last lines are the calls of a counterexample. */
const firstError = (output: string): string =>
  /^\s*Error[: ].*(\n.*){0,5}/m.exec(output)?.[0].slice(0, 1_000) ?? output.slice(-1_000);

async function judge(workspace: string, mutant: Mutant): Promise<Result> {
  const chosen = MUTANTS.indexOf(mutant) + 1;
  for (const test of mutant.tests) {
    const ran = await runTest(workspace, test, chosen);
    if (ran.ok) continue;
    const reason = reasonOf(ran.output);
    if (reason === undefined) return { verdict: "stopped", reason: ran.timedOut ? "too slow" : firstError(ran.output) };
    return { verdict: "killed", reason };
  }
  return { verdict: "survived", reason: "" };
}

interface Kept {
  readonly sources: string;
  results: Record<string, Result>;
}

function keptFrom(path: string, sources: string): Kept {
  if (!existsSync(path)) return { sources, results: {} };
  const kept: Partial<Kept> = JSON.parse(readFileSync(path, "utf8"));
  return kept.sources === sources && kept.results !== undefined
    ? { sources, results: kept.results }
    : { sources, results: {} };
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { only: { type: "string" }, fresh: { type: "boolean", default: false } } });
  const chosen = values.only === undefined ? MUTANTS : MUTANTS.filter((mutant) => mutant.id === values.only);
  if (chosen.length === 0) throw new MutantUnknownError(values.only ?? "");
  const workspace = workspaceOf("mutants");
  const state = join(workspace, "results.json");
  const sources = fingerprint(["contracts", "test/contracts", "test/doubles", "test/mutants", "scripts"]);
  if (values.fresh) rmSync(state, { force: true });
  const kept = keptFrom(state, sources);
  const began = Date.now();
  const waiting = chosen.filter((mutant) => kept.results[mutant.id] === undefined);
  if (waiting.length > 0) prepare(workspace);
  const workers = waiting.length === 0 ? [] : Array.from({ length: WORKERS }, (_, index) => workerOf(workspace, index));

  const tests = [...new Set(waiting.flatMap((mutant) => mutant.tests))];
  for (const test of tests) {
    console.log(`Without a fault: ${test} ...`);
    const green = await runTest(workers[0] ?? workspace, test, 0);
    if (!green.ok) throw new BaselineRedError(test, green.output);
  }

  let unexpected = 0;
  let done = 0;
  const tell = (mutant: Mutant, result: Result): void => {
    const isExpected = result.verdict === (mutant.survives === undefined ? "killed" : "survived");
    if (!isExpected) unexpected += 1;
    done += 1;
    const count = `${String(done).padStart(3)}/${chosen.length}`;
    const note = isExpected ? result.reason : `<- not expected ${result.reason}`;
    console.log(`${count}  ${mutant.breaks.padEnd(13)} ${mutant.id.padEnd(32)} ${result.verdict}  ${note}`);
  };
  for (const mutant of chosen) {
    const result = kept.results[mutant.id];
    if (result !== undefined) tell(mutant, result);
  }
  await Promise.all(
    workers.map(async (worker) => {
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        const result = await judge(worker, mutant);
        if (result.verdict !== "stopped") kept.results[mutant.id] = result;
        writeFileSync(state, JSON.stringify(kept, null, 2));
        tell(mutant, result);
      }
    }),
  );
  const minutes = ((Date.now() - began) / 60_000).toFixed(1);
  const sum = unexpected === 0 ? `${done} verdicts, all as expected` : `${unexpected} verdicts are not as expected`;
  console.log(`${sum}; ${minutes} minutes.`);
  return unexpected === 0 ? 0 : 1;
}

process.exitCode = await main();
