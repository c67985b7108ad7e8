/** Long-run yields and shrinkage: what they must be where the answer is known. */
import { expect } from "chai";
import { nextError, pool, towardCentre } from "../../../keeper/forecast/shrink.ts";
import { longRunYield, smoothedMean, trendOf } from "../../../keeper/forecast/trend.ts";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { mean, standardDeviation } from "../../../keeper/math/statistics.ts";

/** Returns of an index that grows by `daily` and is seen with level noise. */
function noisy(seed: number, days: number, daily: number, noise: number): number[] {
  const rng = createRng(seed);
  let before = noise * rng.normal();
  return Array.from({ length: days }, () => {
    const now = noise * rng.normal();
    const change = now - before;
    before = now;
    return Math.expm1(Math.log1p(daily) + change);
  });
}

describe("long-run yields", () => {
  it("a noiseless index gives its growth exactly, by slope and by mean", () => {
    const constant = new Array<number>(90).fill(8e-5);
    expect(trendOf(constant, 60).daily).to.be.closeTo(8e-5, 1e-15);
    expect(trendOf(constant, 60).error).to.be.below(1e-12);
    expect(smoothedMean(constant, 30).daily).to.be.closeTo(8e-5, 1e-18);
  });

  it("under level noise the slope misses by less than half of what the mean misses by, and is what is used", () => {
    const missed = { slope: [] as number[], mean: [] as number[] };
    for (let seed = 1; seed <= 60; seed++) {
      const returns = noisy(seed, 90, 8e-5, 1e-3);
      missed.slope.push(Math.abs(trendOf(returns, 60).daily - 8e-5));
      missed.mean.push(Math.abs(smoothedMean(returns, 30).daily - 8e-5));
      expect(longRunYield(returns, 30).daily).to.equal(trendOf(returns, 60).daily);
    }
    expect(mean(missed.slope)).to.be.below(0.5 * mean(missed.mean));
  });

  it("states an error that covers what it misses by, also when discounts persist", () => {
    const found = Array.from({ length: 200 }, (_, k) => {
      const rng = createRng(1000 + k);
      let level = 0;
      const returns = Array.from({ length: 90 }, () => {
        const before = level;
        level = 0.9 * level + 1e-3 * rng.normal();
        return Math.expm1(Math.log1p(8e-5) + level - before);
      });
      const { daily, error } = trendOf(returns, 60);
      return { miss: daily - 8e-5, error };
    });
    const spread = standardDeviation(found.map(({ miss }) => miss));
    expect(mean(found.map(({ error }) => error))).to.be.within(0.8 * spread, 2.5 * spread);
  });

  it("does not understate its error in two months of discounts that last: what the fit takes of them is counted", () => {
    for (const days of [60, 90]) {
      const found = Array.from({ length: 200 }, (_, k) => {
        const rng = createRng(5000 + k);
        let level = 0;
        const step = (): number => {
          level = 0.95 * level + 1e-3 * rng.normal();
          return level;
        };
        for (let t = 0; t < 200; t++) step();
        const returns = Array.from({ length: days }, () => {
          const before = level;
          return Math.expm1(Math.log1p(8e-5) + step() - before);
        });
        const { daily, error } = trendOf(returns, 60);
        return { miss: daily - 8e-5, error };
      });
      const spread = standardDeviation(found.map(({ miss }) => miss));
      expect(mean(found.map(({ error }) => error))).to.be.within(0.85 * spread, 1.5 * spread);
    }
  });

  it("states the error of a mean of yields that wander: as much as it misses by in two months", () => {
    const found = Array.from({ length: 200 }, (_, k) => {
      const rng = createRng(7000 + k);
      let level = 0;
      const step = (): number => {
        level = 0.95 * level + 1e-5 * rng.normal();
        return level;
      };
      for (let t = 0; t < 200; t++) step();
      const { daily, error } = smoothedMean(
        Array.from({ length: 60 }, () => 8e-5 + step()),
        30,
      );
      return { miss: daily - 8e-5, error };
    });
    const spread = standardDeviation(found.map(({ miss }) => miss));
    expect(mean(found.map(({ error }) => error))).to.be.within(0.8 * spread, 2 * spread);
  });

  it("a yield that is its own level takes the smoothed mean", () => {
    const rng = createRng(4);
    let level = 8e-5;
    const yields = Array.from({ length: 90 }, () => {
      level += 0.1 * (8e-5 - level) + 4e-6 * rng.normal();
      return level;
    });
    expect(longRunYield(yields, 30).daily).to.equal(smoothedMean(yields, 30).daily);
  });
});

describe("shrinkage", () => {
  it("weighs agreeing readings by their errors and lets disagreeing ones share what is left", () => {
    const agreeing = pool({ mean: 1, error: 0.1 }, { mean: 1.05, error: 0.2 }, 5);
    expect(agreeing.mean).to.be.closeTo((1 / 0.01 + 1.05 / 0.04) / (1 / 0.01 + 1 / 0.04), 1e-12);
    const apart = pool({ mean: 1, error: 0.1 }, { mean: 1.4, error: 0.1 }, 5);
    expect(apart.mean).to.be.closeTo(1.2, 1e-12);
    expect(apart.error).to.be.above(agreeing.error);
  });

  it("drops the less certain of two readings that cannot be of one yield", () => {
    expect(pool({ mean: 3, error: 0.1 }, { mean: 200, error: 3 }, 5)).to.deep.equal({ mean: 3, error: 0.1 });
    expect(pool({ mean: 200, error: 3 }, { mean: 3, error: 0.1 }, 5)).to.deep.equal({ mean: 3, error: 0.1 });
  });

  it("takes overlapping errors for the few that they are: two months of them say nothing, ten nearly all", () => {
    expect(nextError({ mae: 1, origins: 60 }, 30)).to.equal(Number.POSITIVE_INFINITY);
    expect(nextError({ mae: 1, origins: 0 }, 30)).to.equal(Number.POSITIVE_INFINITY);
    expect(nextError({ mae: 1, origins: 120 }, 30)).to.be.closeTo(Math.sqrt(Math.PI / 2) * Math.sqrt(2), 1e-12);
    expect(nextError({ mae: 1, origins: 1e6 }, 1)).to.be.closeTo(Math.sqrt(Math.PI / 2), 1e-5);
  });

  it("says what is left unknown of each: nothing of certain readings, nothing between equal ones, no more than before", () => {
    const certain = towardCentre([1, 2, 3].map((value) => ({ mean: value, error: 1e-6 })));
    for (const error of certain.errors) expect(error).to.be.closeTo(1e-6, 1e-9);
    const equal = towardCentre([1, 1, 1].map((value) => ({ mean: value, error: 0.5 })));
    expect(equal.errors).to.deep.equal([0, 0, 0]);
    const mixed = towardCentre([2, 3, 5].map((value) => ({ mean: value, error: 0.5 })));
    for (const error of mixed.errors) expect(error).to.be.within(0.1, 0.5);
    expect(towardCentre([1, 2].map((value) => ({ mean: value, error: 0.5 }))).errors).to.deep.equal([0.5, 0.5]);
    // Of what nobody has measured, the spread is what is not known.
    const unknown = { mean: 9, error: Number.POSITIVE_INFINITY };
    const beside = towardCentre([...[2, 3, 5].map((value) => ({ mean: value, error: 0.1 })), unknown]);
    expect(beside.errors[3]).to.be.closeTo(beside.spread, 1e-12);
    expect(beside.means[3]).to.equal(beside.centre);
  });

  it("ignores a reading of unknown error", () => {
    expect(pool({ mean: 3, error: 0.1 }, { mean: 9, error: Number.POSITIVE_INFINITY }, 5).mean).to.equal(3);
  });

  it("keeps certain readings, merges those that differ by chance only, and keeps the order", () => {
    const certain = [1, 2, 3, 4].map((value) => ({ mean: value, error: 1e-6 }));
    for (const [i, value] of towardCentre(certain).means.entries()) expect(value).to.be.closeTo(i + 1, 1e-9);
    const rng = createRng(2);
    const same = Array.from({ length: 8 }, () => ({ mean: 5 + 0.1 * rng.normal(), error: 0.5 }));
    const merged = towardCentre(same);
    expect(merged.spread).to.equal(0);
    for (const value of merged.means) expect(value).to.be.closeTo(merged.centre, 1e-12);
    const mixed = [2, 3, 5].map((value) => ({ mean: value, error: 0.5 }));
    const { means } = towardCentre(mixed);
    expect(means[0]).to.be.within(2, means[1] ?? 0);
    expect(means[2]).to.be.within(means[1] ?? 0, 5);
  });

  it("estimates better than the raw readings do", () => {
    let raw = 0;
    let shrunk = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const rng = createRng(seed);
      const truth = Array.from({ length: 8 }, () => 3 + 0.5 * rng.normal());
      const readings = truth.map((value) => ({ mean: value + 0.5 * rng.normal(), error: 0.5 }));
      const { means } = towardCentre(readings);
      truth.forEach((value, i) => {
        raw += ((readings[i]?.mean ?? 0) - value) ** 2;
        shrunk += ((means[i] ?? 0) - value) ** 2;
      });
    }
    expect(shrunk).to.be.below(0.75 * raw);
  });
});
