/** The sale of a range's wstETH leg against a sum in small steps, and the legs against the pool's own arithmetic. */
import { strict as assert } from "node:assert";
import { createRng } from "../../../keeper/kernel/rng.ts";
import {
  feeOf,
  legs,
  lstShare,
  orient,
  type RangePool,
  rootAt,
  rootOf,
  sell,
} from "../../../keeper/protocols/range.ts";
import { TwinRangeError } from "../../../keeper/protocols/targets.ts";

const near = (actual: number, expected: number, relative: number): void => {
  assert.ok(Math.abs(actual - expected) <= relative * Math.abs(expected), `${actual} is not ${expected}`);
};
const base: RangePool = {
  root: Math.sqrt(1.16),
  active: 6e23,
  price: 1.16,
  band: 0.002,
  fee: 1e-4,
  lower: Math.sqrt(1.14),
  upper: Math.sqrt(1.18),
  own: 0,
  ticks: [],
};

/** Sells in many small steps at constant liquidity within each, reading ticks one by one: slow and plain. */
function inSmallSteps(pool: RangePool, amount: number): number {
  const limit = Math.sqrt((pool.price * (1 - pool.band)) / (1 - pool.fee));
  const steps = 200_000;
  let { root } = pool;
  let received = 0;
  for (let step = 0; step < steps; step += 1) {
    const others = pool.ticks
      .filter((tick) => tick.root <= pool.root && tick.root > root)
      .reduce((sum, { net }) => sum - net, pool.active);
    const part = (amount * (1 - pool.fee)) / steps;
    const next = 1 / (1 / root + part / others);
    if (next < limit) break;
    received += others * (root - next);
    root = next;
  }
  return received;
}

describe("range", () => {
  it("sells at the curve's price, less the fee, as a sum of small steps does", () => {
    const random = createRng(20_260_103);
    for (let run = 0; run < 5; run += 1) {
      const ticks = [4, 9, 13].map((below) => ({
        root: base.root * 1.0001 ** (-below / 2),
        net: (random.uniform() - 0.5) * 4e23,
      }));
      const pool = { ...base, ticks };
      const amount = 1e20 * (1 + 4 * random.uniform());
      const { received, sold } = sell(pool, amount);
      assert.equal(sold, amount);
      near(received, inSmallSteps(pool, amount), 1e-6);
      assert.ok(received < amount * pool.price, "a sale fetches less than the protocol's rate");
    }
  });

  it("stops at the floor, and says how much was sold whatever was offered", () => {
    const limit = Math.sqrt((base.price * (1 - base.band)) / (1 - base.fee));
    const expected = (base.active * (1 / limit - 1 / base.root)) / (1 - base.fee);
    for (const offered of [expected * 1.01, expected * 1e6, 1e34]) {
      const { received, sold } = sell(base, offered);
      near(sold, expected, 1e-9);
      near(received, base.active * (base.root - limit), 1e-9);
    }
  });

  it("leaves own liquidity out, inside the range and at its ends", () => {
    const own = 2e23;
    const pool = { ...base, active: base.active + own, own };
    near(sell(pool, 1e20).received, sell(base, 1e20).received, 1e-12);
    // Below its lower end the position is no part of the pool's liquidity any more.
    const lower = base.root * 1.0001 ** (-5 / 2);
    const ended = { ...pool, lower, ticks: [{ root: lower, net: own }] };
    near(sell(ended, 5e20).received, sell(base, 5e20).received, 1e-12);
  });

  it("is all ether above the range, all wstETH below it, and refuses a range without extent", () => {
    assert.equal(lstShare({ ...base, root: 2 }), 0);
    near(lstShare({ ...base, root: 0.5 }), 1, 1e-12);
    const share = lstShare(base);
    assert.ok(share > 0.3 && share < 0.7);
    assert.throws(() => lstShare({ ...base, lower: 1, upper: 1, root: 1 }), TwinRangeError);
    assert.ok(legs(base).eth > 0 && legs(base).lst > 0);
  });

  it("reads either order of the tokens as one price", () => {
    const q96 = 2n ** 96n;
    near(rootOf(q96 * 2n, false), 2, 1e-15);
    near(rootOf(q96 / 2n, true), 2, 1e-15);
    near(rootAt(orient(-100, true)), rootAt(orient(100, false)), 1e-15);
    near(feeOf(100n), 1e-4, 1e-15);
  });
});
