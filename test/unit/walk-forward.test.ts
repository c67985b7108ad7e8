/**
 * A small walk-forward of the default stages on the development data: decide weekly, pay 5 bp each way, compare with
 * equal weight over the same days at the same cost. Forecasts see protocol yields; what is earned is market returns.
 * REPORT=1 prints the grid from which the defaults were taken.
 */
import { expect } from "chai";
import { DEFAULT_FORECAST_CONFIG, forecast } from "../../keeper/forecast/index.ts";
import type { Features } from "../../keeper/kernel/artifacts.ts";
import { sum } from "../../keeper/math/statistics.ts";
import { DEFAULT_OPTIMIZE_CONFIG, optimize } from "../../keeper/optimize/index.ts";
import { DEFAULT_POLICY_CONFIG, decide } from "../../keeper/policy/index.ts";
import { constraints, limits, provenance } from "../support/quant.ts";
import { sharedColumns } from "../support/shared-data.ts";

const COST = 5e-4;
const FIRST_DAY = 100;
const EVERY = 7;
const VENUES = [
  ["wstETH", "wstETH_prot", "wstETH_mkt"],
  ["weETH", "weETH_prot", "weETH_mkt"],
  ["aave_WETH", "aave_WETH", "aave_WETH"],
  ["curve_stETH", "curve_stETH_apyonly", "curve_stETH_apyonly"],
] as const;

interface Market {
  readonly yields: readonly (readonly number[])[];
  readonly totals: readonly (readonly number[])[];
  readonly days: number;
}

interface Choice {
  readonly riskAversion: number;
  readonly costMultiple: number;
  readonly band: number;
  readonly cap: number;
  readonly objective: "mean-variance" | "min-cvar";
}

function featuresUntil(market: Market, day: number): Features {
  const start = provenance().timestamp;
  return {
    provenance: provenance(start + day * 86_400),
    days: Array.from({ length: day }, (_, t) => start + t * 86_400),
    strategies: VENUES.map(([name], i) => ({
      id: i + 1,
      name,
      yieldReturns: market.yields[i]?.slice(0, day) ?? [],
      totalReturns: market.totals[i]?.slice(0, day) ?? [],
      apy1: null,
      apy7: null,
      apy30: null,
      volatility: 0,
    })),
    baseFeeByHour: [],
    flags: [],
  };
}

/** Annualised net return of a rule that returns new weights, or null to leave them. */
async function run(
  market: Market,
  rule: (day: number, weights: readonly number[]) => Promise<readonly number[] | null>,
) {
  let weights: readonly number[] = VENUES.map(() => 0);
  let value = 1;
  let traded = 0;
  let trades = 0;
  for (let day = FIRST_DAY; day < market.days; day++) {
    if ((day - FIRST_DAY) % EVERY === 0) {
      const wanted = await rule(day, weights);
      if (wanted !== null) {
        const moved = sum(wanted.map((w, i) => Math.abs(w - (weights[i] ?? 0))));
        if (moved > 1e-9) trades++;
        traded += moved;
        value *= 1 - COST * moved;
        weights = wanted;
      }
    }
    const gains = weights.map((w, i) => w * (1 + (market.totals[i]?.[day] ?? Number.NaN)));
    const growth = sum(gains) + 1 - sum(weights);
    value *= growth;
    weights = gains.map((gain) => gain / growth);
  }
  return { yearly: value ** (365 / (market.days - FIRST_DAY)) - 1, traded, trades };
}

function engine(market: Market, choice: Choice) {
  const config = { ...DEFAULT_FORECAST_CONFIG, scenarios: 300 };
  return run(market, async (day, weights) => {
    const problem = constraints(
      VENUES.map(([name], i) =>
        limits(i + 1, {
          name,
          currentWeight: weights[i] ?? 0,
          capWeight: choice.cap,
          costs: { enter: COST, exit: COST },
        }),
      ),
    );
    const optimizing = { ...DEFAULT_OPTIMIZE_CONFIG, ...choice, frontierPoints: 0 };
    const target = await optimize(forecast(featuresUntil(market, day), config), problem, optimizing);
    const decision = decide(target, problem, {
      ...DEFAULT_POLICY_CONFIG,
      costMultiple: choice.costMultiple,
      band: choice.band,
    });
    return decision.kind === "hold" ? null : decision.weights.map((w) => w.weight);
  });
}

const defaults: Choice = {
  riskAversion: DEFAULT_OPTIMIZE_CONFIG.riskAversion,
  costMultiple: DEFAULT_POLICY_CONFIG.costMultiple,
  band: DEFAULT_POLICY_CONFIG.band,
  cap: 0.5,
  objective: DEFAULT_OPTIMIZE_CONFIG.objective,
};

describe("walk-forward on the development data (needs ../shared)", function () {
  this.timeout(600_000);

  it("the default configuration earns more than equal weight, net of 5 bp each way, and trades rarely", async function () {
    const columns = sharedColumns(this, "data/core_returns_eth_2024-05_2025-09_dev.csv");
    const pick = (at: 1 | 2): number[][] => VENUES.map((venue) => columns.get(venue[at]) ?? []);
    const market = { yields: pick(1), totals: pick(2), days: pick(1)[0]?.length ?? 0 };
    const equal = await run(market, async () => VENUES.map(() => 1 / VENUES.length));
    const held = await run(market, async (day) => (day === FIRST_DAY ? VENUES.map(() => 1 / VENUES.length) : null));
    const own = await engine(market, defaults);
    if (process.env["REPORT"] === "1") {
      const show = (name: string, r: typeof own) =>
        console.log(
          name.padEnd(52),
          `${(100 * r.yearly).toFixed(3)} %`,
          `traded ${r.traded.toFixed(2)}`,
          `${r.trades} trades`,
        );
      show("equal weight, weekly", equal);
      show("equal weight, held", held);
      show("default, cap 50 %", own);
      for (const cap of [0.25, 0.4, 1]) show(`default, cap ${100 * cap} %`, await engine(market, { ...defaults, cap }));
      for (const riskAversion of [0, 10, 100])
        show(`risk aversion ${riskAversion}`, await engine(market, { ...defaults, riskAversion }));
      for (const costMultiple of [1, 4])
        show(`cost multiple ${costMultiple}`, await engine(market, { ...defaults, costMultiple }));
      for (const band of [0.005, 0.05, 0.1]) show(`band ${band}`, await engine(market, { ...defaults, band }));
      show("min-cvar", await engine(market, { ...defaults, objective: "min-cvar" }));
    }
    expect(own.yearly).to.be.above(equal.yearly);
    expect(own.yearly).to.be.above(held.yearly);
    expect(own.trades).to.be.below(10);
  });
});
