/** The demonstration's bookkeeping, without a chain. */
import { strict as assert } from "node:assert";
import { alternativesFrom, Ledger, type VaultState } from "../../../embedded/demo/ledger.ts";
import { FALLBACK_FROM, partOf, REFUSAL_FROM, SCENES, scenesOf } from "../../../embedded/demo/script.ts";
import { summarize } from "../../../embedded/demo/summary.ts";
import { DemoStepError } from "../../../embedded/errors.ts";
import type { StrategyHistory } from "../../../keeper/kernel/artifacts.ts";
import { SECONDS_PER_DAY } from "../../../keeper/kernel/units.ts";
import type { CycleResult, DayPoint } from "../../../keeper/report/result.ts";
import { reading, snapshot } from "../../support/quant.ts";

const ETHER = 10n ** 18n;
const near = (actual: number | undefined, expected: number, tolerance = 1e-12) =>
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) <= tolerance, `${actual} is not ${expected}`);
const state = (nav: bigint, sharePrice = 1, idle = 1): VaultState => ({
  nav: nav * ETHER,
  sharePrice,
  weights: [
    { id: 1, name: "Aave", weight: 1 - idle },
    { id: 0, name: "idle", weight: idle },
  ],
  supply: nav * ETHER,
  feeShares: 0n,
});
const paid = { gasWeth: "0.5", feesWeth: "0.1", queuePaidWeth: "0" };
const midnight = (day: number): number => Date.UTC(2025, 0, 1 + day) / 1000;
const flat = { equalWeight: [1, 1, 1], hold: [1, 1, 1] };

describe("ledger of the demonstration", () => {
  it("keeps flows out of performance and charges gas to the day it was paid", () => {
    const ledger = new Ledger();
    ledger.close(midnight(0), state(0n));
    ledger.flowed(state(100n));
    ledger.spend(ETHER / 2n);
    ledger.close(midnight(1), state(101n));
    ledger.flowed(state(301n));
    ledger.close(midnight(2), state(301n));
    assert.equal(ledger.gasPaid, ETHER / 2n);
    near(ledger.growth(false).at(-1), 1.01);
    near(ledger.growth(true).at(-1), 1.005);
  });

  it("charges the fee shares minted that day to who holds shares, and leaves the NAV alone", () => {
    const ledger = new Ledger();
    ledger.close(midnight(0), state(100n));
    ledger.close(midnight(1), { ...state(102n), feeShares: ETHER });
    ledger.close(midnight(2), { ...state(102n), feeShares: ETHER });
    assert.equal(ledger.feesPaid, ETHER);
    near(ledger.growth(false).at(-1), 1.02);
    near(ledger.growth(true).at(-1), 1.01);
  });

  it("shows an execution in the weights of its day and its cost in the next day's value", () => {
    const ledger = new Ledger();
    ledger.close(midnight(0), state(100n));
    ledger.rebalanced(state(99n, 0.99, 0.1));
    ledger.close(midnight(1), state(99n, 0.99, 0.1));
    const series = ledger.series({ equalWeight: [1, 1.1], hold: [1, 1.2] });
    assert.deepEqual(
      series.map(({ date, vault, equalWeight, hold }) => ({ date, vault, equalWeight, hold })),
      [
        { date: "2025-01-01", vault: 1, equalWeight: 1, hold: 1 },
        { date: "2025-01-02", vault: 0.99, equalWeight: 1.1, hold: 1.2 },
      ],
    );
    near(series[0]?.weights.find(({ id }) => id === 0)?.weight, 0.1);
  });

  it("error: DemoStepError instead of a hole in the comparison", () => {
    const ledger = new Ledger();
    for (const day of [0, 1, 2]) ledger.close(midnight(day), state(100n));
    assert.throws(() => ledger.series({ ...flat, hold: [1, 1] }), DemoStepError);
    assert.throws(() => ledger.series({ ...flat, equalWeight: [1, Number.NaN, 1] }), DemoStepError);
    assert.equal(ledger.series(flat).length, 3);
  });
});

describe("alternatives of the demonstration", () => {
  const history = (id: number, rates: readonly number[], ratios: readonly number[] | null): StrategyHistory => ({
    id,
    timestamps: rates.map((_, day) => day * SECONDS_PER_DAY),
    rates: rates.map((rate) => BigInt(Math.round(rate * 1e6)) * 10n ** 12n),
    marketRatios: ratios?.map((ratio) => BigInt(Math.round(ratio * 1e6)) * 10n ** 12n) ?? null,
  });
  const market = (...histories: readonly StrategyHistory[]) =>
    snapshot([reading(1), reading(2, { protocol: "lido" })], histories);

  it("take the market price where there is one, and the last days only", () => {
    const lending = history(1, [5, 1, 1.1, 1.1], null);
    const lido = history(2, [7, 1, 1, 1.2], [1, 1, 0.9, 1]);
    const { equalWeight, hold } = alternativesFrom(market(lending, lido), 3);
    near(hold[0], 1);
    near(hold[1], 0.9, 1e-9);
    near(hold[2], 1.2, 1e-9);
    // +10 % and -10 %, then 0 % and +33.3 %, half each.
    near(equalWeight[1], 1, 1e-9);
    near(equalWeight[2], 1 + (1.2 / 0.9 - 1) / 2, 1e-9);
  });

  it("error: DemoStepError when a venue has fewer days than the vault", () => {
    assert.throws(
      () => alternativesFrom(market(history(1, [1, 1], null), history(2, [1, 1, 1], null)), 3),
      DemoStepError,
    );
  });
});

describe("parts of the cycles", () => {
  const executed = { status: "executed", approvedBy: "signatures" } as const;
  const held = { status: "held", approvedBy: null } as const;
  const refused = { status: "refused", approvedBy: "signatures" } as const;
  const bySafe = { status: "executed", approvedBy: "safe-transaction" } as const;
  /** The parts when cycle k ends as given. */
  const parts = (ends: readonly Pick<CycleResult, "status" | "approvedBy">[]) =>
    ends.map((_, index) => partOf(ends.slice(0, index)));

  it("give the fallback and the silence to their cycles when all goes well", () => {
    const found = parts([executed, executed, bySafe, refused, executed, executed, executed]);
    assert.deepEqual(
      found.map(({ silence }) => silence),
      found.map((_, index) => index === REFUSAL_FROM),
    );
    assert.deepEqual(
      found.map(({ approval }) => approval === "safe-transaction"),
      found.map((_, index) => index === FALLBACK_FROM),
    );
  });

  it("pass to the next cycle what a held one, or one without a feed, could not play", () => {
    const found = parts([executed, executed, held, held, executed, refused, bySafe, executed]);
    assert.deepEqual(
      found.map(({ silence }) => silence),
      [false, false, false, true, true, true, false, false],
    );
    assert.deepEqual(
      found.map(({ approval }) => approval === "safe-transaction"),
      [false, false, true, false, false, false, true, false],
    );
  });
});

describe("scenes of the demonstration", () => {
  it("come once each, and a day before the next cycle is counted from its end", () => {
    const played = (cycleDays: number) =>
      Array.from({ length: 9 }, (_, cycle) =>
        Array.from({ length: cycleDays }, (_, day) => scenesOf(cycle, day, cycleDays)),
      ).flat(2);
    assert.deepEqual(new Set(played(14)), new Set(SCENES));
    assert.equal(played(14).length, SCENES.length);
    assert.equal(played(28).length, SCENES.length);
    assert.deepEqual(
      scenesOf(4, 27, 28).map(({ act }) => act),
      ["freeze"],
    );
  });
});

describe("summary of the demonstration", () => {
  const point = (day: number, vault: number, equalWeight: number, hold: number, idle: number): DayPoint => ({
    date: new Date(midnight(day) * 1000).toISOString().slice(0, 10),
    vault,
    sharePrice: vault,
    equalWeight,
    hold,
    weights: [{ id: 0, name: "idle", weight: idle }],
  });
  const series = [
    point(0, 1, 1, 1, 1),
    ...Array.from({ length: 365 }, (_, day) => point(day + 1, 1.03, 1.02, 1.03, 0.1)),
  ];

  it("annualises each series, counts the cycles, and claims no distance where there is none", () => {
    const cycles = [{ status: "executed" }, { status: "executed" }, { status: "refused" }, { status: "held" }] as const;
    const found = summarize(series, [1, 1.04], cycles, paid);
    near(found.netApyPct, 3, 1e-9);
    near(found.grossApyPct, 4, 1e-9);
    near(found.equalWeightApyPct, 2, 1e-9);
    near(found.maxDrawdownPct, 0, 1e-12);
    assert.deepEqual([found.executed, found.refused, found.held], [2, 1, 1]);
    assert.match(
      found.verdict,
      /earned 3\.00 % a year over 365 days, 1\.00 points above equal weight without costs \(2\.00 %\)/,
    );
    assert.match(found.verdict, /level with holding stETH \(3\.00 %\)/);
    assert.match(found.verdict, /10\.2 % of NAV was idle/);
  });

  it("says below when it is below", () => {
    const worse = series.map((day) => ({ ...day, hold: day.hold === 1 ? 1 : 1.05 }));
    assert.match(summarize(worse, [1, 1.03], [], paid).verdict, /2\.00 points below holding stETH/);
  });
});
