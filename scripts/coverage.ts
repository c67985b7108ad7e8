/**
 * `npm run coverage [-- --solidity-only] [-- --json] [-- --keep-build]`: line and branch coverage of contracts/ by the Solidity
 * tests and by the chain tests of test/contracts and test/adapters together.
 *
 * Hardhat's own coverage knows statements and no branches, so this command watches both itself: a copy of the contracts reports
 * each statement and each outcome of each `if`, `?:`, `require`, loop and `try` to the address that Hardhat's network collects
 * from with `--coverage`. Outcomes of `&&` and `||` are not counted apart; the mutation run covers them.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { InputError } from "../keeper/kernel/errors.ts";
import type { Unit } from "./instrument/ast.ts";
import { analyse, projectRoot } from "./instrument/ast.ts";
import type { Figures } from "./instrument/figures.ts";
import { figuresOf, lcovOf, sumOf, tableOf } from "./instrument/figures.ts";
import type { Instrumented } from "./instrument/points.ts";
import { BASE, functionKey, instrument, LIBRARY, LIBRARY_SOURCE } from "./instrument/points.ts";
import { copyProject, hardhat, workspaceOf } from "./instrument/workspace.ts";

/** Share of lines, and of branches, that core and adapters must each reach, percent. */
const FLOOR = 98;
const COPIED = ["contracts", "test", "deploy", "keeper", "embedded", "package.json", "tsconfig.json"];
const HELP = `npm run coverage [-- options]
  --solidity-only   leave the chain tests out (quicker, lower)
  --keep-build      use the instrumented build of the last run; only when no contract has changed
  --json            the figures as JSON on stdout
Writes coverage/lcov.info and coverage/coverage.json. Fails below ${FLOOR} % of lines or branches.`;

class InstrumentedBuildError extends InputError {
  readonly code = "COVERAGE_BUILD";
  constructor(output: string) {
    super(`The instrumented contracts do not compile. Report this with the message below.\n${output.slice(-4_000)}`);
  }
}

class CoverageTestsRedError extends InputError {
  readonly code = "COVERAGE_TESTS_RED";
  constructor(what: string, output: string) {
    super(`${what} fail on the instrumented contracts. Run them alone first.\n${output.slice(-6_000)}`);
  }
}

const log = (line: string): void => console.error(line);

/** Hardhat's own instrumentation is told to leave every file alone. */
const CONFIG = `import base from "./hardhat.base.config.ts";
export default { ...base, coverage: { skipFiles: ["**/*"] } };
`;

function prepare(workspace: string): void {
  copyProject(workspace, COPIED);
  writeFileSync(join(workspace, "hardhat.base.config.ts"), readFileSync(join(projectRoot, "hardhat.config.ts")));
  writeFileSync(join(workspace, "hardhat.config.ts"), CONFIG);
}

function write(workspace: string, units: readonly Unit[], light: ReadonlySet<string>): Instrumented[] {
  let last = 0;
  // Every decision takes two numbers in a row.
  const nextId = (): number => {
    last += 1;
    return last;
  };
  const files = units.map((unit) => instrument(unit, nextId, light));
  for (const file of files) writeFileSync(join(workspace, file.path), file.text, "latin1");
  writeFileSync(join(workspace, LIBRARY), LIBRARY_SOURCE);
  return files;
}

/** The function a compiler error lies in, by its line in the instrumented text: lines are those of the original. */
function tooDeep(output: string, units: readonly Unit[]): string[] {
  const places = [...output.matchAll(/Stack too deep[\s\S]*?(contracts\/[\w/]+\.sol):(\d+):/g)];
  return places.flatMap(([, path, line]) => {
    const unit = units.find((one) => one.path === path);
    const offset = unit?.text.split("\n").slice(0, Number(line)).join("\n").length ?? 0;
    const inside = [...(unit?.tree.walk() ?? [])].filter((node) => node.start < offset && node.end > offset);
    const deepest = inside.at(-1);
    return unit === undefined || deepest === undefined ? [] : [functionKey(unit, deepest)];
  });
}

function build(workspace: string, units: readonly Unit[]): Instrumented[] {
  const light = new Set<string>();
  for (;;) {
    const files = write(workspace, units, light);
    log(`[coverage] compiling ${files.reduce((sum, file) => sum + file.points.length, 0)} watched points ...`);
    // Contracts and tests apart: one compilation of both can exceed the memory of a WebAssembly compiler.
    const contracts = hardhat(workspace, ["build", "--quiet", "--no-tests"]);
    const built = contracts.ok ? hardhat(workspace, ["build", "--quiet"]) : contracts;
    if (built.ok) {
      writeFileSync(join(workspace, "points.json"), JSON.stringify({ files, light: [...light] }));
      return files;
    }
    const found = tooDeep(built.output, units).filter((key) => !light.has(key));
    if (found.length === 0) throw new InstrumentedBuildError(built.output);
    for (const key of found) {
      log(`[coverage] out of stack at ${key}: its branches are not counted`);
      light.add(key);
    }
  }
}

function hits(workspace: string): Set<number> {
  const found = new Set<number>();
  const folder = join(workspace, "coverage", "data");
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const tags: unknown = JSON.parse(readFileSync(join(entry.parentPath, entry.name), "utf8"));
    for (const tag of Object.keys(tags ?? {})) found.add(Number(BigInt(`0x${tag}`) - BASE));
  }
  return found;
}

const testsIn = (folder: string): string[] =>
  readdirSync(join(projectRoot, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".test.ts"))
    .map((entry) => join(entry.parentPath, entry.name).slice(projectRoot.length + 1))
    .sort();

function runTests(workspace: string, solidityOnly: boolean): void {
  rmSync(join(workspace, "coverage"), { recursive: true, force: true });
  const suites = [
    { what: "Solidity tests", args: ["solidity"] },
    ...(solidityOnly
      ? []
      : [{ what: "Chain tests", args: ["mocha", ...testsIn("test/contracts"), ...testsIn("test/adapters")] }]),
  ];
  for (const { what, args } of suites) {
    const started = Date.now();
    log(`[coverage] ${what} ...`);
    const ran = hardhat(workspace, ["--coverage", "test", args[0] ?? "", "--no-compile", ...args.slice(1)]);
    writeFileSync(join(workspace, `${args[0]}.log`), ran.output);
    if (!ran.ok) throw new CoverageTestsRedError(what, ran.output);
    log(`[coverage] ${what} done in ${Math.round((Date.now() - started) / 1_000)} s`);
  }
}

function main(): number {
  const { values } = parseArgs({
    options: {
      "solidity-only": { type: "boolean", default: false },
      "keep-build": { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const workspace = workspaceOf("coverage");
  log("[coverage] reading the contracts ...");
  const units = analyse(projectRoot);
  const kept = join(workspace, "points.json");
  let files: Instrumented[];
  if (values["keep-build"] && existsSync(kept)) {
    copyProject(workspace, ["test"]);
    files = JSON.parse(readFileSync(kept, "utf8")).files;
    hardhat(workspace, ["build", "--quiet"]);
  } else {
    prepare(workspace);
    files = build(workspace, units);
  }
  runTests(workspace, values["solidity-only"]);
  const reached = hits(workspace);
  const figures = files.filter((file) => file.points.length > 0).map((file) => figuresOf(file, reached));
  const out = join(projectRoot, "coverage");
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, "lcov.info"), lcovOf(files, reached));
  const isAdapter = (file: Figures): boolean => dirname(file.path).startsWith("contracts/adapters");
  const groups = {
    core: sumOf(
      "core",
      figures.filter((file) => !isAdapter(file)),
    ),
    adapters: sumOf("adapters", figures.filter(isAdapter)),
  };
  writeFileSync(join(out, "coverage.json"), `${JSON.stringify({ floor: FLOOR, groups, files: figures }, null, 2)}\n`);
  if (values.json) console.log(JSON.stringify({ floor: FLOOR, groups, files: figures }));
  else console.log(tableOf([...figures, groups.core, groups.adapters]));
  const short = Object.values(groups).filter((group) => group.linePercent < FLOOR || group.branchPercent < FLOOR);
  for (const group of short)
    log(
      `Below the floor of ${FLOOR} %: ${group.path}, lines ${group.linePercent.toFixed(2)} %, branches ${group.branchPercent.toFixed(2)} %.`,
    );
  return short.length === 0 ? 0 : 1;
}

process.exitCode = main();
