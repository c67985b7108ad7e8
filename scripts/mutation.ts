/**
 * `npm run test:mutation`: plants small faults of general kinds into the contracts that hold or decide about money, one at a time,
 * and counts those that no test notices. `npm run test:mutants` is its sibling with faults chosen by hand, one per invariant.
 *
 * A seeded sample by default. All sampled faults are compiled once, each behind a switch that is the block's beneficiary; a fault
 * is then judged by running tests until one fails, the quickest first.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { InputError } from "../keeper/kernel/errors.ts";
import { createRng } from "../keeper/kernel/rng.ts";
import { EQUIVALENT } from "../test/mutants/equivalent.ts";
import type { Unit } from "./instrument/ast.ts";
import { analyse, projectRoot } from "./instrument/ast.ts";
import type { Fault } from "./instrument/operators.ts";
import { faultsOf } from "./instrument/operators.ts";
import { beneficiary, SWITCHED_CONFIG, writeSchemata } from "./instrument/schemata.ts";
import { rowsOf, scoreOf, tableOf, Verdicts } from "./instrument/verdicts.ts";
import { copyProject, fingerprint, hardhat, workspaceOf } from "./instrument/workspace.ts";

/** Least share of faults that tests must notice, percent, those argued to be equivalent left out. */
const FLOOR = 90;
const SAMPLE = 120;
const SEED = 20_26;
const SUBJECTS = /^contracts\/(\w+\.sol|vault\/\w+\.sol|libraries\/(Legs|LinearDecay|BoundedCall|Valuation)\.sol)$/;
const COPIED = ["contracts", "test", "deploy", "keeper", "package.json", "tsconfig.json"];
/** Adapters that the tests of the core need. */
const ADAPTERS = [
  "AaveV3Adapter.sol",
  "AdapterBase.sol",
  "Erc4626Adapter.sol",
  "EtherFiAdapter.sol",
  "GearboxAdapter.sol",
  "LidoAdapter.sol",
  "LidoExitAdapter.sol",
  "QueuedExitAdapter.sol",
];
/** Chain tests, the quickest first. The Solidity tests all run before them. */
const CHAIN_TESTS = [
  "test/contracts/ProposalModule.test.ts",
  "test/contracts/Access.test.ts",
  "test/contracts/ProposalModule.safe.test.ts",
  "test/contracts/differential/books.test.ts",
];
/** Solidity test files that fail soonest for a fault of a source. */
const NEAREST: Readonly<Record<string, readonly string[]>> = {
  "contracts/LiquidityVault.sol": ["LiquidityVault.t.sol", "VaultExits.t.sol", "InKind.t.sol"],
  "contracts/OracleGuard.sol": ["OracleGuard.t.sol"],
  "contracts/ProposalModule.sol": ["ModuleTerms.t.sol"],
  "contracts/RedeemQueue.sol": ["RedeemQueue.t.sol"],
  "contracts/StrategyRegistry.sol": ["StrategyRegistry.t.sol", "Rebalancer.t.sol"],
  "contracts/vault/Rebalancer.sol": ["Rebalancer.t.sol"],
  "contracts/vault/StrategyExits.sol": ["VaultExits.t.sol", "InKind.t.sol"],
  "contracts/vault/StrategyReports.sol": ["StrategyReports.t.sol"],
  "contracts/vault/VaultBooks.sol": ["LiquidityVault.t.sol", "CoreEdges.t.sol"],
  "contracts/vault/VaultFees.sol": ["VaultFees.t.sol"],
};
const SECONDS = { solidity: 180, chain: 300 } as const;
const HELP = `npm run test:mutation [-- options]
  --sample N     faults drawn, ${SAMPLE} by default, seed ${SEED}
  --seed N       another sample
  --all          every fault there is; hours
  --file TEXT    only sources whose path contains TEXT
  --only TEXT    only faults whose name contains TEXT
  --fresh        forget verdicts of an earlier run on the same sources
  --list         print the faults and stop
  --write        write docs/MUTATION.md
Exits with 1 below ${FLOOR} %.`;

class SwitchedBuildError extends InputError {
  readonly code = "MUTATION_BUILD";
  constructor(output: string) {
    super(`The copy with faults does not compile, and no fault explains it.\n${output.slice(-3_000)}`);
  }
}

class MutationBaselineError extends InputError {
  readonly code = "MUTATION_BASELINE_RED";
  constructor(output: string) {
    super(`The tests fail with every fault switched off. Mend that first.\n${output.slice(-3_000)}`);
  }
}

class NothingToMutateError extends InputError {
  readonly code = "MUTATION_NOTHING";
  constructor(file: string, only: string) {
    super(`No fault lies in a source named like "${file}" with a name like "${only}". List them with --list.`);
  }
}

class ArgumentRefutedError extends InputError {
  readonly code = "MUTATION_ARGUMENT_REFUTED";
  constructor(ids: readonly string[]) {
    super(`Tests notice faults that test/mutants/equivalent.ts calls unnoticeable. Remove them:\n${ids.join("\n")}`);
  }
}

const log = (line: string): void => console.error(line);

function shuffled(faults: readonly Fault[], seed: number): Fault[] {
  const rng = createRng(seed);
  const keyed = faults.map((fault) => ({ fault, key: rng.uniform() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ fault }) => fault);
}

/** Adapters and doubles that only adapter tests need would cost a minute of every build. */
function prepare(workspace: string): void {
  copyProject(workspace, COPIED);
  const drop = (folder: string, keep: (name: string, isFolder: boolean) => boolean): void => {
    for (const entry of readdirSync(join(workspace, folder), { withFileTypes: true }))
      if (!keep(entry.name, entry.isDirectory()))
        rmSync(join(workspace, folder, entry.name), { recursive: true, force: true });
  };
  drop("contracts/adapters", (name) => ADAPTERS.includes(name));
  drop("test/doubles", (_, isFolder) => !isFolder);
  writeFileSync(join(workspace, "hardhat.base.config.ts"), readFileSync(join(projectRoot, "hardhat.config.ts")));
  writeFileSync(join(workspace, "hardhat.config.ts"), SWITCHED_CONFIG);
}

/** The faults the compiler stumbles over: those on the lines it names, or all of the function it names for its stack. */
function blamed(output: string, units: readonly Unit[], faults: readonly Fault[]): { broken: Fault[]; deep: Fault[] } {
  const broken = new Set<Fault>();
  const deep = new Set<Fault>();
  for (const [, message, path, line] of output.matchAll(
    /(\w*Error: [^\n]*)\n[^\n]*?(contracts\/[\w/]+\.sol):(\d+):/g,
  )) {
    const unit = units.find((one) => one.path === path);
    if (unit === undefined) continue;
    const here = faults.filter((fault) => fault.path === path && fault.line === Number(line));
    if (!/Stack too deep/i.test(message ?? "")) {
      for (const fault of here) broken.add(fault);
      continue;
    }
    const offset = unit.text.split("\n").slice(0, Number(line)).join("\n").length;
    const homes = faults.filter((fault) => fault.path === path && fault.functionStart <= offset);
    const start = Math.max(...homes.map((fault) => fault.functionStart));
    const inside = homes.filter((fault) => fault.functionStart === start);
    for (const fault of inside.slice(Math.floor(inside.length / 2))) deep.add(fault);
  }
  return { broken: [...broken], deep: [...deep] };
}

interface Batch {
  readonly compiled: Fault[];
  readonly later: Fault[];
}

/** Compiles as many of the faults together as the compiler takes. */
function build(workspace: string, units: readonly Unit[], faults: readonly Fault[], verdicts: Verdicts): Batch {
  let compiled = [...faults];
  const later: Fault[] = [];
  for (;;) {
    log(`[mutation] compiling ${compiled.length} faults together ...`);
    writeSchemata(workspace, units, compiled, (fault) => compiled.indexOf(fault) + 1);
    const built = hardhat(workspace, ["build", "--quiet"]);
    if (built.ok) return { compiled, later };
    const { broken, deep } = blamed(built.output, units, compiled);
    if (broken.length + deep.length === 0) throw new SwitchedBuildError(built.output);
    const alone = deep.length === 1 && compiled.length === 1;
    for (const fault of broken) verdicts.set(fault, "does not compile");
    for (const fault of alone ? deep : []) verdicts.set(fault, "does not compile");
    if (!alone) later.push(...deep);
    const out = new Set([...broken, ...deep]);
    compiled = compiled.filter((fault) => !out.has(fault));
    log(`[mutation] ${broken.length} do not compile, ${deep.length} wait for a build with fewer beside them`);
    if (compiled.length === 0) return { compiled, later };
  }
}

/** True when some test fails under the fault of this number; 0 is none. */
function noticed(workspace: string, chosen: number, path: string): string | undefined {
  const env = { MUTANT_BENEFICIARY: beneficiary(chosen) };
  const solidity = (files: readonly string[]) =>
    hardhat(workspace, ["test", "solidity", "--no-compile", ...files], { env, seconds: SECONDS.solidity });
  const near = (NEAREST[path] ?? [])
    .map((name) => `test/contracts/${name}`)
    .filter((file) => existsSync(join(workspace, file)));
  if (near.length > 0) {
    const ran = solidity(near);
    if (!ran.ok) return ran.output;
  }
  const all = solidity([]);
  if (!all.ok) return all.output;
  const chain = hardhat(workspace, ["test", "mocha", "--no-compile", "--bail", ...CHAIN_TESTS], {
    env: { ...env, DIFFERENTIAL_SEEDS: "1" },
    seconds: SECONDS.chain,
  });
  return chain.ok ? undefined : chain.output;
}

function judge(workspace: string, units: readonly Unit[], faults: readonly Fault[], verdicts: Verdicts): void {
  let waiting = faults.filter((fault) => verdicts.of(fault) === undefined);
  const total = waiting.length;
  let [done, spent] = [0, 0];
  while (waiting.length > 0) {
    const { compiled, later } = build(workspace, units, waiting, verdicts);
    waiting = later;
    if (compiled.length === 0) continue;
    log("[mutation] without a fault ...");
    const red = noticed(workspace, 0, "");
    if (red !== undefined) throw new MutationBaselineError(red);
    for (const [index, fault] of compiled.entries()) {
      const started = Date.now();
      const verdict = noticed(workspace, index + 1, fault.path) === undefined ? "survived" : "killed";
      verdicts.set(fault, verdict);
      done += 1;
      spent += Date.now() - started;
      const left = Math.round(((total - done) * spent) / done / 60_000);
      log(
        `[mutation] ${done}/${total}, ${left} min left: ${verdict.padEnd(8)} ${fault.path}:${fault.line} ${fault.id}`,
      );
    }
  }
}

const DOCUMENT = `# Mutation run

For auditors: how many small faults of general kinds the tests notice. \`npm run test:mutation -- --write\` measured this table.
Kinds: a condition negated, a comparison moved by one, \`+ - * / %\` and shifts exchanged, \`&&\` and \`||\` exchanged, a statement,
\`require\` or \`revert\` dropped, a modifier dropped, a constant one more or less, a plain value returned. Events are not among them.
A survivor is argued when test/mutants/equivalent.ts says why nothing can notice it; the others are gaps of the tests.
`;

/** Replaces what this run measures; chapters below it are written by hand and stay. */
function writeDocument(measured: string): void {
  const path = join(projectRoot, "docs", "MUTATION.md");
  const before = existsSync(path) ? readFileSync(path, "utf8") : "";
  const at = before.indexOf("\n## ");
  writeFileSync(path, at < 0 ? measured : `${measured}${before.slice(at)}`);
}

function main(): number {
  const { values } = parseArgs({
    options: {
      sample: { type: "string", default: String(SAMPLE) },
      seed: { type: "string", default: String(SEED) },
      all: { type: "boolean", default: false },
      file: { type: "string", default: "" },
      only: { type: "string", default: "" },
      fresh: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const all = analyse(projectRoot);
  const units = all.filter((unit) => SUBJECTS.test(unit.path));
  const every = faultsOf(units, all);
  const drawn = shuffled(every, Number(values.seed))
    .filter((fault) => fault.path.includes(values.file) && fault.id.includes(values.only))
    .slice(0, values.all ? every.length : Number(values.sample));
  if (drawn.length === 0) throw new NothingToMutateError(values.file, values.only);
  if (values.list) {
    for (const fault of drawn) console.log(`${fault.path}:${fault.line}  ${fault.id}`);
    return 0;
  }
  log(`[mutation] ${drawn.length} of ${every.length} faults, seed ${values.seed}`);
  const workspace = workspaceOf("mutation");
  prepare(workspace);
  const sources = fingerprint(["contracts", "test/contracts", "test/doubles", "test/support"]);
  const verdicts = new Verdicts(join(workspace, "verdicts.json"), sources, values.fresh);
  judge(workspace, units, drawn, verdicts);
  const rows = rowsOf(drawn, verdicts, EQUIVALENT);
  const argued = new Map(EQUIVALENT.map(({ id, why }) => [id, why]));
  const survivors = drawn.filter((fault) => verdicts.of(fault) === "survived");
  const lines = survivors.map(
    (fault) => `- \`${fault.path}\` line ${fault.line}: \`${fault.id}\`. ${argued.get(fault.id) ?? "Not noticed."}`,
  );
  const report = `${tableOf(rows)}\n\n${lines.sort().join("\n")}\n`;
  console.log(report);
  const scope = `${drawn.length} of ${every.length} faults, ${values.all ? "all" : `drawn with seed ${values.seed}`}.`;
  if (values.write) writeDocument(`${DOCUMENT}\n${scope}\n\n${report}`);
  const refuted = drawn.filter((fault) => argued.has(fault.id) && verdicts.of(fault) === "killed");
  if (refuted.length > 0) throw new ArgumentRefutedError(refuted.map(({ id }) => id));
  const sum = rows.at(-1);
  const score = sum === undefined ? 0 : scoreOf(sum);
  log(`[mutation] ${score.toFixed(1)} % noticed, floor ${FLOOR} %`);
  return score >= FLOOR ? 0 : 1;
}

process.exitCode = main();
