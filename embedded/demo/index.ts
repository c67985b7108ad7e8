/**
 * The demonstration behind `npm start`: a market lives on the embedded chain, the engine is deployed into it, and the
 * keeper, the owners and everyone else do their work until the days are over.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatEther, parseEther } from "ethers";
import { withAnswerCache } from "../../keeper/chain/answer-cache.ts";
import { createClient } from "../../keeper/chain/client.ts";
import { observe } from "../../keeper/data/observe.ts";
import { maintain } from "../../keeper/execute/maintain.ts";
import type { BuiltProposal } from "../../keeper/propose/build.ts";
import { annualizedPct } from "../../keeper/report/performance.ts";
import type { CycleResult, RunEvent, RunResult } from "../../keeper/report/result.ts";
import { deployEngine, EMBEDDED_FEES, type EngineAddresses, type EngineStrategy } from "../engine.ts";
import { DemoStepError } from "../errors.ts";
import { keeperConfigFor } from "../keeper-config.ts";
import type { FeedName } from "../market/live.ts";
import { createWorld, type World } from "../world.ts";
import { type CyclePlan, gasOf, liveCycle, type Stage, senderFor } from "./cycle.ts";
import { alternativesFrom, Ledger, readVault } from "./ledger.ts";
import { createPeople, type OwnerRole } from "./people.ts";
import { describeMarket } from "./recorded-comparison.ts";
import { partOf, type Scene, scenesOf } from "./script.ts";
import { summarize } from "./summary.ts";

export interface DemoOptions {
  readonly seed: number;
  /** Directory of a recorded market; null for the synthetic one. */
  readonly marketDir: string | null;
  /** Folder for keys, proposals and logs of this run. */
  readonly folder: string;
  readonly progress: (line: string) => void;
  readonly now: () => number;
}

export interface FinishedDemo {
  readonly result: RunResult;
  readonly world: World;
  /** The keeper's configuration as JSON, so that other verbs can be tried while the chain lives on. */
  readonly configFile: string;
}

interface Scenario {
  readonly historyDays: number;
  readonly cycleDays: number;
  readonly cycles: number;
  /** Days of rates the keeper asks for; it takes what exists. */
  readonly lookbackDays: number;
}

const SYNTHETIC: Scenario = { historyDays: 180, cycleDays: 14, cycles: 7, lookbackDays: 365 };
const RECORDED: Scenario = { historyDays: 91, cycleDays: 28, cycles: 9, lookbackDays: 365 };
/** No table records how long withdrawals took; Lido's usual one to five days. */
const ASSUMED_QUEUE_DELAY_DAYS = 4;

const SILENT_DAYS = 2;

const pairs: readonly (readonly OwnerRole[])[] = [
  ["firstOwner", "secondOwner"],
  ["secondOwner", "thirdOwner"],
  ["firstOwner", "thirdOwner"],
];

const eth = (amount: bigint): string => Number(formatEther(amount)).toFixed(2);

/** Something that people did: into the report, and said at once. */
function note(stage: Stage, kind: RunEvent["kind"], text: string, progress: (line: string) => void): void {
  const { date } = stage.world.driver.today();
  stage.events.push({ date, kind, text });
  progress(`  ${date} ${text}`);
}

/** Chores of the redeem queue by the keeper's own code, and claims by whoever waits. True when somebody left. */
async function tendQueue(stage: Stage, progress: (line: string) => void): Promise<boolean> {
  const { people, ledger, waiting, config } = stage;
  if (waiting.size === 0) return false;
  const { done } = await maintain(senderFor(stage, "executor"), config);
  for (const one of done) {
    if ("lost" in one) throw new DemoStepError(one.kind, one.lost);
    ledger.spend((await gasOf(stage, one.transactionHash)).paid);
  }
  const priced = done.some(({ kind }) => kind === "price");
  if (priced) note(stage, "priced", "the redeem queue prices its batch by reports younger than the requests", progress);
  for (const who of [...waiting]) {
    const paid = await people.claimRedeem(who);
    if (paid === 0n) continue;
    waiting.delete(who);
    ledger.queuePaid += paid;
    note(stage, "claimed", `${who} claims ${eth(paid)} WETH from the redeem queue`, progress);
  }
  return priced;
}

/** Lives one day, and does what people do every day: claim, report, look after frozen strategies and the redeem queue. */
async function liveDay(stage: Stage, progress: (line: string) => void): Promise<void> {
  const { world, people, ledger, engine } = stage;
  await world.driver.advance(1);
  ledger.spend(await people.reportAll());
  for (const { kind, text } of await people.tendFrozen()) note(stage, kind, text, progress);
  ledger.close(world.driver.today().start, await readVault(world, engine));
  // Who leaves takes his part out of the NAV: a flow, no loss.
  if (await tendQueue(stage, progress)) ledger.flowed(await readVault(world, engine));
}

async function play(stage: Stage, scenes: readonly Scene[], progress: (line: string) => void): Promise<void> {
  const { world, people, ledger, engine } = stage;
  for (const scene of scenes) {
    if (scene.act === "deposit") {
      await people.deposit(scene.who, parseEther(scene.weth));
      note(stage, "deposit", `${scene.who} deposits ${scene.weth} WETH`, progress);
    } else if (scene.act === "withdraw") {
      const paid = await people.withdraw(scene.who, parseEther(scene.weth));
      note(stage, "withdraw", `${scene.who} withdraws ${eth(paid)} WETH`, progress);
    } else if (scene.act === "request-redeem") {
      await people.requestRedeem(scene.who, scene.percent);
      stage.waiting.add(scene.who);
      const text = `${scene.who} asks the redeem queue for ${scene.percent} % of the holding; nobody knows the price yet`;
      note(stage, "redeem-request", text, progress);
    } else {
      const frozen = await people.freeze();
      if (frozen !== null)
        note(
          stage,
          "frozen",
          `the guardian freezes ${frozen} as a drill: nothing may enter it, what is there may leave`,
          progress,
        );
    }
  }
  if (scenes.some(({ act }) => act === "deposit" || act === "withdraw")) ledger.flowed(await readVault(world, engine));
}

const FEED_OF: Readonly<Partial<Record<EngineStrategy["protocol"], FeedName>>> = {
  lido: "stethEth",
  etherfi: "weethEth",
};

/** The feeds that price what a proposal touches; empty when it touches lending venues only. */
const feedsOf = (built: BuiltProposal, { strategies }: EngineAddresses): readonly FeedName[] =>
  built.proposal.legs.flatMap(({ strategyId }) => {
    const touched = strategies.find(({ id }) => id === strategyId);
    return touched === undefined ? [] : (FEED_OF[touched.protocol] ?? []);
  });

function planOf(
  done: readonly Pick<CycleResult, "status" | "approvedBy">[],
  stage: Stage,
  progress: (line: string) => void,
): { plan: CyclePlan; silentDays: () => number } {
  const index = done.length;
  const signers = pairs[index % pairs.length] ?? [];
  const { approval, silence } = partOf(done);
  let silentDays = 0;
  if (!silence) return { plan: { index, signers, approval }, silentDays: () => silentDays };
  const between: CyclePlan["between"] = async (built) => {
    const feeds = feedsOf(built, stage.engine);
    // What has no feed cannot lose it: this proposal goes through, the next one gets the part.
    if (feeds.length === 0) return;
    for (const feed of feeds) stage.world.driver.silent.add(feed);
    note(
      stage,
      "feeds",
      `the price feeds of what the proposal touches fall silent for ${SILENT_DAYS} days, after it was signed`,
      progress,
    );
    for (; silentDays < SILENT_DAYS; silentDays += 1) await liveDay(stage, progress);
    stage.world.driver.silent.clear();
  };
  return { plan: { index, signers, approval, between }, silentDays: () => silentDays };
}

/** Adds to each cycle what the vault really earned until the next one. */
function withRealized(
  cycles: readonly Omit<CycleResult, "realizedNetApyPct">[],
  dayOfCycle: readonly number[],
  net: readonly number[],
): CycleResult[] {
  return cycles.map((cycle, index) => {
    const from = dayOfCycle[index] ?? 0;
    const to = dayOfCycle[index + 1] ?? net.length - 1;
    const [first, last] = [net[from], net[to]];
    return {
      ...cycle,
      realizedNetApyPct:
        first === undefined || last === undefined || to <= from ? null : annualizedPct(first, last, to - from),
    };
  });
}

export async function runDemo(options: DemoOptions): Promise<FinishedDemo> {
  const { seed, marketDir, folder, progress, now } = options;
  const started = now();
  const scenario = marketDir === null ? SYNTHETIC : RECORDED;
  progress("[1/4] a chain with its venues, and the engine on it by its Ignition module: roles to a 2-of-3 Safe ...");
  // The engine is there before the history: positions in ranges have a rate only from their adapter's first day on.
  const world = await createWorld(
    marketDir === null
      ? { seed, historyDays: 0 }
      : { marketDir, historyDays: 0, assumedQueueDelayDays: ASSUMED_QUEUE_DELAY_DAYS },
  );
  try {
    // Keys, logs and proposals of an earlier run belong to an earlier chain.
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const engine = await deployEngine(world);
    const engineAt = now();
    progress(
      `[2/4] living through ${scenario.historyDays} days of ${marketDir === null ? "a seeded market" : "the recorded market"} ...`,
    );
    await world.driver.advance(scenario.historyDays);
    const config = keeperConfigFor(world, engine, {
      seed,
      historyDays: scenario.lookbackDays,
      txLog: join(folder, "transactions.jsonl"),
    });
    const configFile = join(folder, "keeper.json");
    writeFileSync(configFile, `${JSON.stringify(config, null, 2)}\n`);
    const client = withAnswerCache(
      await createClient({
        url: world.chain.url,
        expectedChainId: config.chainId,
        timeoutMs: config.rpc.timeoutMs,
        maxBatch: config.rpc.maxBatch,
      }),
    );
    const ledger = new Ledger();
    const stage: Stage = {
      world,
      engine,
      client,
      config,
      people: createPeople(world, engine, folder),
      ledger,
      folder,
      events: [],
      waiting: new Set(),
    };
    const worldAt = now();

    progress(`[3/4] ${scenario.cycles} cycles, one every ${scenario.cycleDays} days ...`);
    const cycles: Omit<CycleResult, "realizedNetApyPct">[] = [];
    const dayOfCycle: number[] = [];
    ledger.close(world.driver.today().start, await readVault(world, engine));
    for (let index = 0; index < scenario.cycles; index += 1) {
      await play(stage, scenesOf(index, 0, scenario.cycleDays), progress);
      dayOfCycle.push(ledger.length - 1);
      const { plan, silentDays } = planOf(cycles, stage, progress);
      const cycle = await liveCycle(stage, plan);
      cycles.push(cycle);
      progress(
        `  ${cycle.date} cycle ${index}: ${cycle.status}${cycle.status === "executed" ? "" : ` (${cycle.reasons[0] ?? ""})`}`,
      );
      for (let day = silentDays() + 1; day <= scenario.cycleDays; day += 1) {
        await liveDay(stage, progress);
        if (day < scenario.cycleDays) await play(stage, scenesOf(index, day, scenario.cycleDays), progress);
      }
    }
    const cyclesAt = now();

    progress("[4/4] reading the whole history back and writing the report ...");
    const last = await observe(client, {
      ...config,
      history: { ...config.history, days: scenario.historyDays + ledger.length - 1 },
    });
    const alternatives = alternativesFrom(last, ledger.length);
    const series = ledger.series(alternatives);
    const result: RunResult = {
      seed,
      days: scenario.historyDays + ledger.length - 1,
      market: describeMarket(world, last),
      contracts: {
        vault: engine.vault,
        proposalModule: engine.module,
        strategyRegistry: engine.registry,
        oracleGuard: engine.guard,
        accessManager: engine.manager,
        redeemQueue: engine.queue,
        ...Object.fromEntries(engine.strategies.map(({ name, adapter }) => [`adapter: ${name}`, adapter])),
      },
      safe: {
        address: world.addresses.safe,
        owners: (["firstOwner", "secondOwner", "thirdOwner"] as const).map((role) => world.account(role).address),
        threshold: 2,
      },
      horizonDays: config.horizonDays,
      fees: { ...EMBEDDED_FEES, recipient: world.account("treasury").address },
      events: stage.events,
      cycles: withRealized(cycles, dayOfCycle, ledger.growth(true)),
      series,
      summary: summarize(series, ledger.growth(false), cycles, {
        gasWeth: formatEther(ledger.gasPaid),
        feesWeth: formatEther(ledger.feesPaid),
        queuePaidWeth: formatEther(ledger.queuePaid),
      }),
      timings: {
        deployMs: Math.round(engineAt - started),
        worldMs: Math.round(worldAt - engineAt),
        cyclesMs: Math.round(cyclesAt - worldAt),
        totalMs: Math.round(now() - started),
        peakMemoryMb: Math.round(process.resourceUsage().maxRSS / 1024),
      },
    };
    client.close();
    return { result, world, configFile };
  } catch (failure) {
    await world.close();
    throw failure;
  }
}
