import { expect } from "chai";
import type { RangePool } from "../../../keeper/protocols/range.ts";
import { type FeeGrowth, feeYield, growthInside, type RangeAt } from "../../../keeper/protocols/range-fees.ts";

const Q128 = 2n ** 128n;
const Q256 = 2n ** 256n;
const WEEK = 7 * 86_400;
/** One unit of liquidity from a quarter of the price to four times it: half a unit of each token at price one. */
const pool: RangePool = {
  root: 1,
  active: 0,
  price: 1,
  band: 0.002,
  fee: 0.0005,
  lower: 0.5,
  upper: 2,
  own: 1,
  ticks: [],
};
const grown = (first: number, second = 0): FeeGrowth => [
  (Q128 * BigInt(Math.round(first * 1e9))) / 10n ** 9n,
  (Q128 * BigInt(Math.round(second * 1e9))) / 10n ** 9n,
];
const at = (changes: Partial<RangeAt> = {}): RangeAt => ({
  global: { ok: true, value: grown(0) },
  inside: { ok: true, value: grown(0) },
  isHeld: true,
  isInRange: true,
  ...changes,
});
const ok = (first: number, second = 0) => ({ ok: true, value: grown(first, second) }) as const;
const apyOf = (now: RangeAt, past: RangeAt, isAssetToken0 = true): number => {
  const part = feeYield(now, past, WEEK, pool, isAssetToken0);
  return part.kind === "known" ? part.apy : expect.fail(part.reason);
};
const near = (actual: number, expected: number) =>
  expect(Math.abs(actual / expected - 1) < 1e-6, `${actual}`).to.equal(true);

describe("fees of a range", () => {
  it("counts what grew between the ticks, wherever the pool stands and however the counters wrapped", () => {
    const lower = { tick: -10, outside: [30n, 3n] } as const;
    const upper = { tick: 10, outside: [20n, 2n] } as const;
    expect(growthInside([100n, 10n], 0, lower, upper)).to.deep.equal([50n, 5n]);
    // Above the range what is outside the upper tick is all below it.
    expect(growthInside([100n, 10n], 10, { ...lower, outside: [5n, 0n] }, upper)).to.deep.equal([15n, 2n]);
    expect(growthInside([100n, 10n], -11, lower, upper)).to.deep.equal([10n, 1n]);
    expect(growthInside([5n, 5n], 0, { tick: -10, outside: [Q256 - 1n, 0n] }, upper)[0]).to.equal(Q256 - 14n);
  });

  it("takes the range's own counters where the adapter held it at both ends, not the pool's", () => {
    // 0.001 of a token on a unit worth one: 0.1 % in a week.
    const now = at({ global: ok(0.004), inside: ok(0.001) });
    near(apyOf(now, at()), (0.001 * 365) / 7);
    // Of token1 the same, when that is the one ahead.
    near(apyOf(at({ global: ok(0, 0.004), inside: ok(0, 0.001) }), at(), false), (0.001 * 365) / 7);
    const part = feeYield(now, at(), WEEK, pool, true);
    expect(part.kind === "known" ? part.source : "").to.match(
      /^feeGrowthInside of the adapter's range over 7\.0 days,/,
    );
    const left = feeYield({ ...now, isInRange: false }, at(), WEEK, pool, true);
    expect(left.kind === "known" ? left.source : "").to.match(/stands outside it now/);
  });

  it("assumes what both ends tell where it was not held, and says so", () => {
    const now = at({ global: ok(0.004), isHeld: false });
    const whole = (0.004 * 365) / 7;
    near(apyOf(now, at()), whole);
    near(apyOf(now, at({ isInRange: false })), whole / 2);
    near(apyOf({ ...now, isInRange: false }, at()), whole / 2);
    expect(apyOf({ ...now, isInRange: false }, at({ isInRange: false }))).to.equal(0);
    near(apyOf(now, at({ isInRange: null })), whole);
    const sources = [at(), at({ isInRange: false }), at({ isInRange: null })].map((past) => {
      const part = feeYield(now, past, WEEK, pool, true);
      return part.kind === "known" ? part.source : part.reason;
    });
    expect(sources[0]).to.match(/assumed in range throughout as the pool was at both ends \(the adapter did not hold/);
    expect(sources[1]).to.match(/assumed in range half of the time as the pool was at one of both ends/);
    expect(sources[2]).to.match(/assumed in range throughout as the pool was at the one end that answers/);
  });

  it("does not believe counters that a closed tick started anew", () => {
    const now = at({ global: ok(0.004), inside: ok(0.001) });
    // Inside grew by more than the whole pool: wrapped below nothing.
    const part = feeYield(now, at({ inside: ok(0.002) }), WEEK, pool, true);
    near(part.kind === "known" ? part.apy : Number.NaN, (0.004 * 365) / 7);
    expect(part.kind === "known" ? part.source : "").to.match(/started anew in between/);
    const shut = { ok: false, reason: "the range's ticks were not open" } as const;
    near(apyOf(at({ global: ok(0.004), inside: shut }), at()), (0.004 * 365) / 7);
  });

  it("has no figure without counters, without a past, or without a price at either end", () => {
    const silent = { ok: false, reason: "reverted" } as const;
    for (const [now, past, seconds] of [
      [at({ global: silent }), at(), WEEK],
      [at(), at({ global: silent }), WEEK],
      [at(), at(), 0],
      [at({ isHeld: false, isInRange: null }), at({ isInRange: null }), WEEK],
    ] as const) {
      expect(feeYield(now, past, seconds, pool, true).kind).to.equal("missing");
    }
  });
});
