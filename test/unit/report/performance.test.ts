import { strict as assert } from "node:assert";
import {
  annualizedPct,
  equalWeightIndex,
  growthIndex,
  maxDrawdownPct,
  ratio,
  volatilityPct,
} from "../../../keeper/report/performance.ts";

const near = (actual: number, expected: number, tolerance = 1e-12) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);

describe("performance figures", () => {
  const ether = 10n ** 18n;

  it("does not count a deposit as performance", () => {
    const index = growthIndex(
      [
        { date: "2025-01-01", navBeforeFlow: 0n, navAfterFlow: 100n * ether, gasPaid: 0n },
        { date: "2025-01-02", navBeforeFlow: 101n * ether, navAfterFlow: 301n * ether, gasPaid: 0n },
        { date: "2025-01-03", navBeforeFlow: 301n * ether, navAfterFlow: 301n * ether, gasPaid: 0n },
      ],
      true,
    );
    near(index[1] ?? 0, 1.01);
    near(index[2] ?? 0, 1.01);
  });

  it("takes the gas of the day off the net figure and leaves it in the gross one", () => {
    const days = [
      { date: "2025-01-01", navBeforeFlow: 100n * ether, navAfterFlow: 100n * ether, gasPaid: 0n },
      { date: "2025-01-02", navBeforeFlow: 101n * ether, navAfterFlow: 101n * ether, gasPaid: ether },
    ];
    near(growthIndex(days, true)[1] ?? 0, 1);
    near(growthIndex(days, false)[1] ?? 0, 1.01);
  });

  it("keeps twelve digits of a ratio of large amounts", () => {
    near(ratio(123_456_789_012_345_678_901n, 100n * ether), 1.2345678901234567);
  });

  it("measures the fall from the running peak, not from the start", () => {
    near(maxDrawdownPct([1, 1.2, 0.9, 1.3, 1.17]), 25, 1e-9);
  });

  it("annualises by compounding", () => {
    near(annualizedPct(1, 1.01, 365), 1, 1e-9);
    near(annualizedPct(1, 1.01, 182.5), 2.01, 1e-9);
  });

  it("gives a constant growth no volatility and an alternating one its textbook value", () => {
    near(volatilityPct([1, 1.01, 1.0201]), 0, 1e-9);
    near(volatilityPct([1, 1.01, 1.01]), Math.sqrt(((0.01 - 0.005) ** 2 * 2) / 1) * Math.sqrt(365) * 100, 1e-9);
  });

  it("rebalances equal weight each day", () => {
    assert.deepEqual(
      equalWeightIndex([
        [0.1, 0],
        [0, 0.1],
      ]),
      [1, 1.05, 1.05 * 1.05],
    );
  });
});
