/** `amplified doctor`: what a run needs, one line each. A check that depends on a failed one is skipped, not guessed. */
import { constants } from "node:fs";
import { access, readFile, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { AccessManager__factory } from "../../types/ethers-contracts/factories/@openzeppelin/contracts/access/manager/AccessManager__factory.ts";
import { LiquidityVault__factory } from "../../types/ethers-contracts/factories/contracts/LiquidityVault__factory.ts";
import { ProposalModule__factory } from "../../types/ethers-contracts/factories/contracts/ProposalModule__factory.ts";
import { type BlockHeader, type ChainClient, decodeHeader, headerCall, resultOf } from "../chain/client.ts";
import { TransactionLogError } from "../chain/errors.ts";
import { addr, bool, int } from "../chain/fields.ts";
import { blockTimestamp, multicall, readView, view, viewUint } from "../chain/multicall.ts";
import { loadSigner } from "../chain/signer.ts";
import { readLog } from "../chain/transaction-log.ts";
import { ConfigError } from "../config/errors.ts";
import { loadConfig } from "../config/load.ts";
import type { KeeperConfig } from "../config/schema.ts";
import { type CoreState, planCore, ReadPlan, type RegisteredStrategy } from "../data/state.ts";
import { anchorBlocks, blockAt, sortTimed } from "../data/timeline.ts";
import { EngineError, EXIT, type ExitCode } from "../kernel/errors.ts";
import { type Address, address, fromWad, SECONDS_PER_DAY } from "../kernel/units.ts";
import { connect } from "./context.ts";
import type { CommandResult } from "./output.ts";

export interface DoctorFlags {
  readonly config: string;
  readonly keyFile?: string;
  readonly passwordFile?: string;
  /** Deployment parameters: then the chain is held against the plan they give. */
  readonly parameters?: string;
}

export interface Finding {
  /** `problem` blocks a run; `warning` does not, but somebody should look; `skipped` could not be checked. */
  readonly status: "ok" | "warning" | "problem" | "skipped";
  readonly detail: string;
  readonly remedy: string | null;
  /** Exit code by class, when this is what blocks. */
  readonly exitCode: ExitCode;
}

export interface Check extends Finding {
  readonly name: string;
}

const ok = (detail: string): Finding => ({ status: "ok", detail, remedy: null, exitCode: EXIT.ok });
const warning = (detail: string, remedy: string): Finding => ({ status: "warning", detail, remedy, exitCode: EXIT.ok });
const problem = (exitCode: ExitCode, detail: string, remedy: string): Finding => ({
  status: "problem",
  detail,
  remedy,
  exitCode,
});
const skipped = (because: string): Finding => ({ status: "skipped", detail: because, remedy: null, exitCode: EXIT.ok });

const GWEI = 1_000_000_000n;
/** What a proposal costs in gas, generously: the proposer needs this much before the base fee is even known to fit. */
const PROPOSAL_GAS = 300_000n;
const PROPOSER_ROLE = 3;

const moduleInterface = ProposalModule__factory.createInterface();
const managerInterface = AccessManager__factory.createInterface();
const vaultInterface = LiquidityVault__factory.createInterface();

/** The known failure of an action as a finding: its message says what happened and what to do already. */
function failure(error: unknown): Finding {
  if (error instanceof ConfigError) {
    const wrong = error.problems.map(({ key, value, remedy }) => `${key} = ${value}: ${remedy}`);
    return problem(error.exitCode, `${error.source} is refused`, wrong.join("; "));
  }
  if (!(error instanceof EngineError)) throw error;
  // The last sentence is the remedy by the project's rule for messages.
  const cut = error.message.trim().lastIndexOf(". ");
  const [detail, remedy] = cut < 0 ? [error.message, ""] : [error.message.slice(0, cut), error.message.slice(cut + 2)];
  return problem(error.exitCode, `${error.code}: ${detail}`, remedy);
}

class Doctor {
  readonly checks: Check[] = [];

  add(name: string, finding: Finding): void {
    this.checks.push({ name, ...finding });
  }

  /** Runs a check; its value is for the checks that build on it, null when it failed. */
  async run<T>(
    name: string,
    action: () => Promise<{ readonly finding: Finding; readonly value: T }>,
  ): Promise<T | null> {
    try {
      const { finding, value } = await action();
      this.add(name, finding);
      return finding.status === "problem" ? null : value;
    } catch (error) {
      this.add(name, failure(error));
      return null;
    }
  }

  /** The same for a check that nothing builds on. */
  async find(name: string, action: () => Promise<Finding>): Promise<void> {
    await this.run(name, async () => ({ finding: await action(), value: true }));
  }

  skip(names: readonly string[], because: string): void {
    for (const name of names) this.add(name, skipped(because));
  }
}

const packageJson = z.object({ dependencies: z.object({ node: z.string() }) });

/** TypeScript runs by type stripping, which older versions do not have. */
async function nodeVersion(): Promise<Finding> {
  const { dependencies } = packageJson.parse(
    JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")),
  );
  const running = process.versions.node;
  if (running === dependencies.node) return ok(`Node ${running}, the packaged one`);
  if (Number(running.split(".")[0]) >= Number(dependencies.node.split(".")[0])) {
    return warning(
      `Node ${running}; tested is the packaged ${dependencies.node}`,
      "Start with bin/amplified.mjs, which uses the packaged one.",
    );
  }
  return problem(
    EXIT.badInput,
    `Node ${running} is older than ${dependencies.node}`,
    "Start with bin/amplified.mjs, which uses the packaged one.",
  );
}

function nativeBackend(): Finding {
  try {
    createRequire(import.meta.url).resolve("@tensorflow/tfjs-node");
    return ok("@tensorflow/tfjs-node is installed; optional, no verb needs it");
  } catch {
    return ok("@tensorflow/tfjs-node is not installed; optional, no verb needs it");
  }
}

/** Whether the log can be appended to: the file itself, or the nearest folder that exists above it. */
async function transactionLog(file: string): Promise<Finding> {
  const open = (await readLog(file)).filter(({ closed }) => closed === null).length;
  let place = file;
  for (;;) {
    try {
      await stat(place);
      break;
    } catch {
      if (place === dirname(place)) break;
      place = dirname(place);
    }
  }
  try {
    await access(place, constants.W_OK);
  } catch {
    throw new TransactionLogError(file, 0, `${place} cannot be written`);
  }
  if (place !== file && !(await stat(place)).isDirectory())
    throw new TransactionLogError(file, 0, `${place} is no folder`);
  if (open === 0) return ok(`${file} can be written`);
  return warning(
    `${file} has ${open} open intent(s): a send was cut off`,
    "The next send with the same key finishes or closes them first.",
  );
}

async function code(client: ChainClient, config: KeeperConfig): Promise<Finding> {
  const named = Object.entries(config.addresses);
  const calls = named.map(([, at]) => ({ method: "eth_getCode", params: [at, "latest"] }));
  const answers = await client.batch(calls);
  const empty = named.filter((_, index) => {
    const call = calls[index];
    const answer = answers[index];
    return call === undefined || answer === undefined || resultOf(call, answer) === "0x";
  });
  if (empty.length === 0) return ok(`${named.length} contracts have code`);
  return problem(
    EXIT.badInput,
    `no code at ${empty.map(([key, at]) => `addresses.${key} = ${at}`).join(", ")}`,
    "Correct the addresses, or chainId.",
  );
}

/** Asks for state at the oldest block the configured history reaches. */
async function archive(client: ChainClient, config: KeeperConfig, head: BlockHeader): Promise<Finding> {
  const { days } = config.history;
  const calls = anchorBlocks(head, days, client.maxBatch).map(headerCall);
  const answers = await client.batch(calls);
  const headers = calls.map((call, index) =>
    decodeHeader(resultOf(call, answers[index] ?? { ok: false, error: { code: 0, message: "no answer" } }), "latest"),
  );
  const points = sortTimed([...headers, head]);
  const wanted = head.timestamp - days * SECONDS_PER_DAY;
  const oldest = blockAt(points, wanted) ?? points[0]?.number ?? head.number;
  const [then] = await multicall(
    client,
    config.addresses.multicall,
    [blockTimestamp(config.addresses.multicall)],
    oldest,
  );
  if (then?.ok) {
    const reached = Math.round((head.timestamp - Number(then.value)) / SECONDS_PER_DAY);
    return reached >= days
      ? ok(`state at block ${oldest}, ${reached} days back`)
      : ok(`state at block ${oldest}, ${reached} days back: the chain is younger than history.days = ${days}`);
  }
  return warning(
    `block ${oldest} answers, but Multicall3 is not there yet: the history will be shorter than ${days} days`,
    "Nothing to do, unless addresses.multicall is wrong.",
  );
}

async function proposerRole(client: ChainClient, module: Address, who: Address): Promise<Finding> {
  const manager = await readView(
    client,
    view(moduleInterface, module, "authority", [], (row) => addr(row, 0)),
    "latest",
  );
  const selector = moduleInterface.getFunction("propose").selector;
  const { immediate, delay } = await readView(
    client,
    view(managerInterface, manager, "canCall", [who, module, selector], (row) => ({
      immediate: bool(row, "immediate"),
      delay: int(row, "delay"),
    })),
    "latest",
  );
  if (immediate) return ok(`${who} may propose`);
  const grant = `The AccessManager's admin calls grantRole(${PROPOSER_ROLE}, ${who}, 0) on ${manager}.`;
  return delay > 0
    ? problem(EXIT.refused, `${who} may propose only after a delay of ${delay} s, the keeper does not schedule`, grant)
    : problem(EXIT.refused, `${who} may not propose`, grant);
}

async function balance(client: ChainClient, who: Address, head: BlockHeader): Promise<Finding> {
  const held = BigInt(z.string().parse(await client.request("eth_getBalance", [who, "latest"])));
  const needed = PROPOSAL_GAS * head.baseFee;
  const text = `${who} holds ${fromWad(held).toFixed(6)} ETH, a proposal now costs up to ${fromWad(needed).toFixed(6)}`;
  return held >= needed ? ok(text) : problem(EXIT.chain, text, `Send ETH for gas to ${who}.`);
}

function gasPrice(config: KeeperConfig, head: BlockHeader): Finding {
  const cap = BigInt(Math.round(config.limits.gasCapGwei * 1e9));
  const text = `base fee ${Number(head.baseFee) / Number(GWEI)} gwei, cap ${config.limits.gasCapGwei}`;
  return head.baseFee < cap
    ? ok(text)
    : warning(text, "Wait for a cheaper hour or raise limits.gasCapGwei; a dry run is not affected.");
}

async function core(client: ChainClient, config: KeeperConfig, head: BlockHeader): Promise<CoreState> {
  const plan = new ReadPlan();
  const read = planCore(config, plan);
  plan.settle(await multicall(client, config.addresses.multicall, plan.calls, head.number));
  return read();
}

function wiring(state: CoreState, config: KeeperConfig): Finding {
  if (state.registryVault !== config.addresses.vault) {
    return problem(
      EXIT.held,
      `the registry's vault is ${state.registryVault}, the configuration says ${config.addresses.vault}`,
      "Correct addresses.",
    );
  }
  if (state.registered > state.strategies.length) {
    return warning(
      `the registry has ${state.registered} strategies, the configuration names ${state.strategies.length}`,
      "Add the others if they should be used.",
    );
  }
  return ok(`vault, registry, guard and module answer; ${state.strategies.length} strategies`);
}

function strategyFinding({ state, quote, oracle }: RegisteredStrategy, now: number): Finding {
  const age =
    oracle.feed === null
      ? "no feed"
      : `feed ${now - quote.updatedAt} s old of ${oracle.heartbeat + oracle.margin} allowed`;
  const detail = `registry ${state}, price ${quote.status}, sell factor ${fromWad(quote.sellFactor).toFixed(6)}, ${age}`;
  if (state === "Active" && quote.status === "Normal") return ok(detail);
  if (quote.status === "Closed")
    return warning(detail, "No oracle is set: the curator sets one, or the strategy stays closed.");
  if (quote.status === "Frozen")
    return warning(
      detail,
      "Look at the feed and the adapter's rate; nothing enters or leaves until the price is back.",
    );
  if (quote.status !== "Normal")
    return warning(detail, "The price is away from redemption: nothing enters until it is back.");
  return warning(detail, "The guardian or a tripped loss restricted it: the curator may reactivate it.");
}

function anyUsable(strategies: readonly RegisteredStrategy[]): Finding {
  const usable = strategies.filter(({ state, quote }) => state === "Active" && quote.status === "Normal").length;
  if (usable > 0) return ok(`${usable} of ${strategies.length} strategies may take inflow`);
  return problem(
    EXIT.held,
    "no strategy is Active with a Normal price: every run is held or can only reduce",
    "See the strategies above.",
  );
}

async function navAge(client: ChainClient, { vault }: KeeperConfig["addresses"], head: BlockHeader): Promise<Finding> {
  const [oldest, longest, debt] = await Promise.all([
    readView(
      client,
      view(vaultInterface, vault, "navTimestamp", [], (row) => int(row, 0)),
      head.number,
    ),
    readView(
      client,
      view(vaultInterface, vault, "maxNavAge", [], (row) => int(row, 0)),
      head.number,
    ),
    readView(client, viewUint(vaultInterface, vault, "totalDebt"), head.number),
  ]);
  if (debt === 0n) return ok("nothing is placed: there is nothing to report");
  const age = head.timestamp - oldest;
  const detail = `the oldest report is ${age} s old of ${longest} allowed`;
  return age <= longest
    ? ok(detail)
    : warning(`${detail}: synchronous withdrawals wait`, `Anyone calls report(ids) on ${vault}.`);
}

async function paused(client: ChainClient, module: Address): Promise<Finding> {
  const isPaused = await readView(
    client,
    view(moduleInterface, module, "paused", [], (row) => bool(row, 0)),
    "latest",
  );
  return isPaused
    ? warning("executions are paused", "The curator unpauses after its delay; proposals may still be published.")
    : ok("executions are open");
}

/** The deployment against the plan of its parameters: every setting, cap, oracle and role. */
async function deployment(client: ChainClient, config: KeeperConfig, parametersFile: string): Promise<Finding> {
  const { mainnetPlan, readParameters } = await import("../../deploy/plans/mainnet.ts");
  const { verifyDeployment } = await import("../../deploy/verify.ts");
  const parameters = readParameters(resolve(parametersFile));
  const facts = await verifyDeployment(client, config.addresses, mainnetPlan(parameters), parameters.deployer);
  const wrong = facts.filter(({ holds }) => !holds);
  if (wrong.length === 0) return ok(`${facts.length} settings, caps, oracles and roles are as planned`);
  const listed = wrong.map(({ what, expected, found }) => `${what}: planned ${expected}, on chain ${found}`);
  return problem(
    EXIT.refused,
    `${wrong.length} of ${facts.length} facts differ from the plan: ${listed.join("; ")}`,
    "Let the curator or the owner correct the chain, or correct the parameters.",
  );
}

async function chainChecks(
  doctor: Doctor,
  client: ChainClient,
  config: KeeperConfig,
  signer: Address | null,
  parameters: string | undefined,
): Promise<void> {
  const head = await client.header("latest");
  doctor.add("gas", gasPrice(config, head));
  await doctor.run("contracts", async () => ({ finding: await code(client, config), value: true }));
  await doctor.find("archive", () => archive(client, config, head));
  if (parameters !== undefined) await doctor.find("deployment", () => deployment(client, config, parameters));
  if (signer !== null) {
    await doctor.find("proposer", () => proposerRole(client, config.addresses.module, signer));
    await doctor.find("balance", () => balance(client, signer, head));
  }
  const state = await doctor.run("wiring", async () => {
    const read = await core(client, config, head);
    return { finding: wiring(read, config), value: read };
  });
  if (state === null) {
    doctor.skip(["strategies", "reports", "module"], "the vault's contracts could not be read");
    return;
  }
  for (const strategy of state.strategies)
    doctor.add(`strategy ${strategy.id} ${strategy.name}`, strategyFinding(strategy, head.timestamp));
  doctor.add("strategies", anyUsable(state.strategies));
  await doctor.find("reports", () => navAge(client, config.addresses, head));
  await doctor.find("module", () => paused(client, config.addresses.module));
}

const MARK: Readonly<Record<Finding["status"], string>> = {
  ok: "ok",
  warning: "warning",
  problem: "PROBLEM",
  skipped: "skipped",
};

function line({ status, name, detail, remedy }: Check): string {
  return `${MARK[status].padEnd(8)} ${name}: ${detail}${remedy === null ? "" : ` -> ${remedy}`}`;
}

export async function doctor(flags: DoctorFlags): Promise<CommandResult> {
  const found = new Doctor();
  await found.find("node", nodeVersion);
  found.add("native backend", nativeBackend());
  const config = await found.run("configuration", async () => {
    const value = await loadConfig(resolve(flags.config), process.env);
    return { finding: ok(`${resolve(flags.config)} is valid`), value };
  });
  const { keyFile } = flags;
  const signer =
    keyFile === undefined
      ? null
      : await found.run("key file", async () => {
          const { address: who } = await loadSigner(resolve(keyFile), flags.passwordFile);
          return { finding: ok(`${keyFile} is private and holds ${who}`), value: address(who) };
        });
  if (config === null) found.skip(["transaction log", "rpc"], "there is no valid configuration");
  else {
    await found.find("transaction log", () => transactionLog(config.txLog));
    const client = await found.run("rpc", async () => {
      const value = await connect(config);
      return { finding: ok(`chain ${config.chainId} answers`), value };
    });
    if (client === null) found.skip(["contracts", "archive", "strategies"], "no RPC of the configured chain answers");
    else {
      try {
        await chainChecks(found, client, config, signer, flags.parameters);
      } catch (error) {
        found.add("chain", failure(error));
      } finally {
        client.close();
      }
    }
  }
  const blocking = found.checks.filter(({ status }) => status === "problem");
  const warnings = found.checks.filter(({ status }) => status === "warning").length;
  const verdict =
    blocking.length === 0
      ? `nothing blocks a run${warnings === 0 ? "" : `; ${warnings} warning(s)`}`
      : `${blocking.length} problem(s) block a run`;
  return {
    data: { ready: blocking.length === 0, checks: found.checks.map(({ exitCode: _exitCode, ...check }) => check) },
    text: [...found.checks.map(line), verdict].join("\n"),
    exitCode: blocking[0]?.exitCode ?? EXIT.ok,
  };
}
