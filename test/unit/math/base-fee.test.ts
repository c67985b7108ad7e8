import { strict as assert } from "node:assert";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { BlockNotPossibleError, nextBaseFee } from "../../../keeper/math/base-fee.ts";

describe("nextBaseFee", () => {
  const limit = 30_000_000n;

  it("follows the cases of the specification: full, empty, on target, from zero", () => {
    assert.equal(nextBaseFee({ baseFee: 1_000_000_000n, gasUsed: limit, gasLimit: limit }), 1_125_000_000n);
    assert.equal(nextBaseFee({ baseFee: 1_000_000_000n, gasUsed: 0n, gasLimit: limit }), 875_000_000n);
    assert.equal(nextBaseFee({ baseFee: 1_000_000_000n, gasUsed: 15_000_000n, gasLimit: limit }), 1_000_000_000n);
    assert.equal(nextBaseFee({ baseFee: 0n, gasUsed: limit, gasLimit: limit }), 1n);
    // Mainnet block 12,965,001 after the London block: 1 gwei, 30,025,257 of 30,029,122 gas used.
    assert.equal(nextBaseFee({ baseFee: 1_000_000_000n, gasUsed: 30_025_257n, gasLimit: 30_029_122n }), 1_124_967_822n);
  });

  it("equals the exact rational rule, rounded as the specification rounds, on a million random and boundary blocks", function () {
    this.timeout(120_000);
    const rng = createRng(1559);
    for (let i = 0; i < 1_000_000; i++) {
      const gasLimit = BigInt(5_000 + rng.int(60_000_000));
      const target = gasLimit / 2n;
      const gasUsed =
        [0n, target - 1n, target, target + 1n, gasLimit, BigInt(rng.int(Number(gasLimit) + 1))][i % 6] ?? 0n;
      const baseFee = BigInt(rng.int(2 ** 31)) * BigInt(1 + rng.int(1_000));
      // One division instead of two: floor(floor(a / b) / 8) = floor(a / 8b), and a fall is rounded towards zero as well.
      const numerator = baseFee * (gasUsed > target ? gasUsed - target : target - gasUsed);
      const change = numerator / (target * 8n);
      const expected =
        gasUsed === target ? baseFee : gasUsed > target ? baseFee + (change === 0n ? 1n : change) : baseFee - change;
      if (nextBaseFee({ baseFee, gasUsed, gasLimit }) !== expected) assert.fail(`${baseFee} ${gasUsed} ${gasLimit}`);
    }
  });

  it("refuses a block that cannot be", () => {
    assert.throws(() => nextBaseFee({ baseFee: 1n, gasUsed: 2n, gasLimit: 1n }), BlockNotPossibleError);
    assert.throws(() => nextBaseFee({ baseFee: 1n, gasUsed: 0n, gasLimit: 1n }), BlockNotPossibleError);
  });
});
