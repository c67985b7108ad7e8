/** Figures of a backtest against values worked out by hand or published. */
import { expect } from "chai";
import { dependenceOf } from "../../../keeper/backtest/dependence.ts";
import {
  annualised,
  blockBootstrap,
  byMonth,
  deflatedSharpe,
  excessOf,
  expectedMaximumSharpe,
  figuresOf,
  probabilisticSharpe,
  sharpeRatio,
} from "../../../keeper/backtest/statistics.ts";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { mean } from "../../../keeper/math/statistics.ts";

describe("backtest statistics", () => {
  it("reproduces the example of Bailey and Lopez de Prado (2014): 100 trials turn a Sharpe ratio of 2.5 into 0.9004", () => {
    // Annual ratios of 250 days: 2.5 in 1250 days, variance across trials 1/2, skewness -3, kurtosis 10.
    const threshold = expectedMaximumSharpe(Math.sqrt(0.5 / 250), 100);
    expect(threshold).to.be.closeTo(0.1132, 5e-5);
    const probability = probabilisticSharpe(2.5 / Math.sqrt(250), 1250, { skewness: -3, kurtosis: 10 }, threshold);
    expect(probability).to.be.closeTo(0.9004, 5e-4);
  });

  it("more trials of the same spread leave less", () => {
    const rng = createRng(3);
    const returns = Array.from({ length: 300 }, () => 2e-4 + 2e-3 * rng.normal());
    const few = deflatedSharpe(returns, [0.02, 0.05, 0.1]);
    const many = deflatedSharpe(returns, [0.02, 0.05, 0.1], 200);
    expect(few?.trials).to.equal(3);
    expect(many?.trials).to.equal(203);
    expect(many?.probability ?? 1).to.be.below(few?.probability ?? 0);
  });

  it("annualises by compounding and splits months without losing a day", () => {
    expect(annualised(new Array(365).fill(1e-4))).to.be.closeTo(1.0001 ** 365 - 1, 1e-14);
    const dates = ["2024-01-30", "2024-01-31", "2024-02-01"];
    const months = byMonth(dates, [0.01, -0.02, 0.03]);
    expect(months.map(({ month, days }) => [month, days])).to.deep.equal([
      ["2024-01", 2],
      ["2024-02", 1],
    ]);
    expect(months[0]?.return).to.be.closeTo(1.01 * 0.98 - 1, 1e-15);
    expect(figuresOf(dates, [0.01, -0.02, 0.03]).maximumDrawdown).to.be.closeTo(0.02, 1e-15);
  });

  it("has no Sharpe ratio without variation, and an interval that covers the truth about as often as it says", () => {
    expect(sharpeRatio([1e-4, 1e-4, 1e-4])).to.equal(null);
    const rng = createRng(8);
    let covered = 0;
    for (let k = 0; k < 200; k++) {
      const sample = Array.from({ length: 250 }, () => 1e-4 + 1e-3 * rng.normal());
      const interval = blockBootstrap(sample, mean, { draws: 200, blockDays: 5, level: 0.9 }, rng.fork(`draw ${k}`));
      if (interval !== null && interval.lower <= 1e-4 && interval.upper >= 1e-4) covered++;
    }
    expect(covered / 200).to.be.within(0.82, 0.95);
  });

  it("blocks widen the interval of a series whose days belong together", () => {
    const rng = createRng(9);
    let level = 0;
    const sample = Array.from({ length: 600 }, () => {
      level = 0.9 * level + rng.normal();
      return level;
    });
    const width = (blockDays: number): number => {
      const interval = blockBootstrap(sample, mean, { draws: 400, blockDays, level: 0.9 }, createRng(1));
      return interval === null ? 0 : interval.upper - interval.lower;
    };
    expect(width(30)).to.be.above(2 * width(1));
  });

  it("measures how far days belong together: near (1 + phi) / (1 - phi) for a first-order series", () => {
    const series = (phi: number, seed: number): number[] => {
      const rng = createRng(seed);
      let level = 0;
      return Array.from({ length: 4000 }, () => {
        level = phi * level + rng.normal();
        return level;
      });
    };
    for (const phi of [-0.5, 0, 0.5, 0.8]) {
      const found = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => dependenceOf(series(phi, seed)));
      const ratio = mean(found.map(({ inflation }) => inflation)) / ((1 + phi) / (1 - phi));
      expect(ratio, `phi ${phi}`).to.be.within(0.75, 1.25);
    }
    // Politis and White (2004): the best circular block for the mean is (6 (phi / (1 - phi^2))^2 n)^(1/3).
    const blocks = mean([1, 2, 3, 4, 5, 6, 7, 8].map((seed) => dependenceOf(series(0.5, seed)).blockDays));
    expect(blocks / Math.cbrt(6 * (0.5 / 0.75) ** 2 * 4000)).to.be.within(0.6, 1.5);
    expect(dependenceOf([1e-4, 1e-4, 1e-4])).to.deep.equal({ blockDays: 1, inflation: 1 });
  });

  it("takes days that repeat each other as no evidence of their own", () => {
    const rng = createRng(31);
    const days = Array.from({ length: 60 }, () => 2e-4 + 2e-3 * rng.normal());
    const told = days.flatMap((value) => [value, value, value, value, value]);
    const once = deflatedSharpe(days, [])?.probability ?? deflatedSharpe(days, [0])?.probability ?? 0;
    const five = deflatedSharpe(told, [0])?.probability ?? 1;
    const naive = probabilisticSharpe(mean(told) / 2e-3, told.length, { skewness: 0, kurtosis: 3 }, 0) ?? 0;
    expect(Math.abs(five - once)).to.be.below(0.6 * Math.abs(naive - once));
  });

  it("gives no interval and no probability for fewer than thirty days", () => {
    const rng = createRng(4);
    const returns = Array.from({ length: 30 }, () => 1e-4 + 1e-4 * rng.normal());
    const none = returns.map(() => 0);
    const trials = { sharpes: [0, 0.1], untold: 0 };
    const full = excessOf(returns, none, trials, createRng(1));
    expect(full.annualInterval).not.to.equal(null);
    expect(full.deflated).not.to.equal(null);
    const short = excessOf(returns.slice(1), none.slice(1), trials, createRng(1));
    expect([short.annualInterval, short.sharpeInterval, short.deflated]).to.deep.equal([null, null, null]);
  });

  it("lengthens blocks where days repeat each other and nowhere else", () => {
    const trials = { sharpes: [0], untold: 0 };
    for (const [phi, isLonger] of [
      [0.9, true],
      [-0.6, false],
    ] as const) {
      const rng = createRng(12);
      let level = 0;
      const returns = Array.from({ length: 400 }, () => {
        level = phi * level + rng.normal();
        return level;
      });
      const { annualInterval } = excessOf(returns, new Array(400).fill(0), trials, createRng(2));
      const tenDays = { draws: 1000, blockDays: 10, level: 0.9 };
      const short = blockBootstrap(returns, (sample) => 365 * mean(sample), tenDays, createRng(2).fork("annual"));
      if (annualInterval === null || short === null) throw new Error("an interval");
      if (isLonger) expect(annualInterval.upper - annualInterval.lower).to.be.above(1.15 * (short.upper - short.lower));
      else expect(annualInterval).to.deep.equal(short);
    }
  });
});
