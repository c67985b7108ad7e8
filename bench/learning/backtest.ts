/**
 * The backtest's targets: time, memory and growth of a year of twenty assets, and what the profiles reach on the development data
 * where it is at hand.
 */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { buildPanel, type RawVenue } from "../../keeper/backtest/panel.ts";
import { DEFAULT_BACKTEST, QUIET, runBacktest } from "../../keeper/backtest/run.ts";
import { judge } from "../../keeper/backtest/targets.ts";
import { type MarketFiles, readMarket } from "../../keeper/cli/backtest-files.ts";
import { createRng } from "../../keeper/kernel/rng.ts";
import { median } from "../../keeper/math/statistics.ts";
import { progress, type Target } from "../quant/target.ts";

const WORKERS = Math.min(2, availableParallelism());

/** Assets with a reverting yield and a noisy price. */
function assets(count: number, days: number): RawVenue[] {
  const rng = createRng(77);
  return Array.from({ length: count }, (_, i): RawVenue => {
    const stream = rng.fork(`asset ${i}`);
    const usual = 5e-5 + 5e-5 * stream.uniform();
    let level = usual;
    let discount = 0;
    const signal: number[] = [];
    const realised: number[] = [];
    for (let t = 0; t < days; t++) {
      level += 0.05 * (usual - level) + 0.05 * usual * stream.normal();
      const next = 0.8 * discount + 4e-4 * stream.normal();
      signal.push(level);
      realised.push(level + next - discount);
      discount = next;
    }
    const column = (values: readonly number[]) => ({ days: values.map((_value, t) => 19_000 + t), values });
    return {
      name: `asset${i}`,
      realised: column(realised),
      signal: column(signal),
      source: "market price",
      signalSource: "protocol rate",
      bridgesGaps: false,
    };
  });
}

interface Timed {
  readonly seconds: number;
  /** Resident bytes at most. */
  readonly memory: number;
}

async function timed(count: number, days: number): Promise<Timed> {
  const panel = buildPanel(assets(count, days), [], {
    from: null,
    to: null,
    minimumCoverage: 0,
    minimumDays: 63,
    terms: new Map(),
  });
  const benchmark = { name: "none", source: "nothing earned", returns: panel.dates.map(() => 0) };
  const strategies = ["ai:cautious", "ai:growth", "equal-weight", "carry"];
  let memory = 0;
  // Worker threads share the process: its resident size is that of all.
  const watch = setInterval(() => {
    memory = Math.max(memory, process.memoryUsage().rss);
  }, 100);
  const start = performance.now();
  await runBacktest(panel, benchmark, { ...DEFAULT_BACKTEST, strategies }, { ...QUIET, workers: WORKERS });
  clearInterval(watch);
  return { seconds: (performance.now() - start) / 1000, memory: Math.max(memory, process.memoryUsage().rss) };
}

const GROUP = "Backtest";

async function speed(quick: boolean): Promise<Target[]> {
  const [count, days] = quick ? [5, 120] : [20, 365];
  const rounds: { year: Timed; twice: Timed }[] = [];
  // In turn and more than once: a machine whose speed changes between the two would show as growth.
  for (let round = 1; round <= (quick ? 1 : 3); round++) {
    progress(`backtest: ${count} assets, ${days} days, then twice the days, round ${round}`);
    rounds.push({ year: await timed(count, days), twice: await timed(count, 2 * days) });
  }
  const year = {
    seconds: median(rounds.map((round) => round.year.seconds)),
    // Later rounds start with what the longer run before them left behind.
    memory: rounds[0]?.year.memory ?? Number.NaN,
  };
  const what = `${count} assets, ${days} days, weekly, all models refitted, ${WORKERS} threads`;
  const growth = median(rounds.map((round) => round.twice.seconds / round.year.seconds));
  return [
    {
      id: "BT-time",
      group: GROUP,
      target: `<= 60 s: ${what}`,
      value: year.seconds,
      unit: "s",
      pass: year.seconds <= 60,
      peers: {},
    },
    {
      id: "BT-memory",
      group: GROUP,
      target: `<= 1 GB: ${what}`,
      value: year.memory / 1e9,
      unit: "GB",
      pass: year.memory <= 1e9,
      peers: {},
    },
    {
      id: "BT-linear",
      group: GROUP,
      target:
        "time of twice the months over the time of once, <= 2.5: decisions double, and the first ones have a shorter history",
      value: growth,
      unit: "x",
      pass: growth <= 2.5,
      peers: {},
    },
  ];
}

const DATA = fileURLToPath(new URL("../../../shared/data/", import.meta.url));
const SETS: readonly {
  readonly id: string;
  readonly files: Partial<MarketFiles> & { readonly data?: string; readonly apy?: string };
}[] = [
  { id: "core", files: { data: `${DATA}core_returns_eth_2024-05_2025-09_dev.csv` } },
  {
    id: "LST-3",
    files: { data: `${DATA}eth_prices_daily_dev.csv`, venues: ["flip_WSTETH", "flip_RETH", "flip_SFRXETH"] },
  },
  { id: "lending", files: { apy: `${DATA}defillama_stable_lending_2024-06_2025-06_dev.csv` } },
];

async function onData(): Promise<Target[]> {
  const out: Target[] = [];
  for (const { id, files } of SETS) {
    const file = files.data ?? files.apy ?? "";
    if (!existsSync(file)) {
      progress(`backtest: ${id} is skipped, its file is not at hand`);
      continue;
    }
    progress(`backtest: profiles on ${id}`);
    const { panel, benchmark } = await readMarket({
      data: null,
      apy: null,
      kind: "auto",
      apyUnit: "percent",
      venues: null,
      benchmark: null,
      from: null,
      to: null,
      minimumCoverage: 0.9,
      minimumDays: 63,
      terms: {},
      ...files,
    });
    const strategies = [
      "ai:cautious",
      "ai:growth",
      "equal-weight",
      "carry",
      ...panel.venues.map(({ name }) => `hold:${name}`),
    ];
    const result = await runBacktest(
      panel,
      benchmark,
      { ...DEFAULT_BACKTEST, strategies },
      { ...QUIET, workers: WORKERS },
    );
    for (const [k, row] of judge(result).entries()) {
      out.push({
        id: `BT-${id}-${k + 1}`,
        group: GROUP,
        target: `${id}, ${row.profile}: ${row.demand}`,
        value: Number.parseFloat(row.value),
        unit: row.value.endsWith("%") ? "%" : "",
        pass: row.isMet,
        peers: { bound: row.bound },
      });
    }
  }
  return out;
}

export async function learningTargets(quick: boolean): Promise<Target[]> {
  return [...(await speed(quick)), ...(quick ? [] : await onData())];
}
