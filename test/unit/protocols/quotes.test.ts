/** Yields from rates: what is known, what is missing and why. */
import { strict as assert } from "node:assert";
import type { YieldPart } from "../../../keeper/kernel/venue-state.ts";
import type { RateWindow } from "../../../keeper/protocols/protocol.ts";
import { VenueUnreadError } from "../../../keeper/protocols/protocol.ts";
import {
  answer,
  apyOfRay,
  growth,
  less,
  positive,
  refusal,
  remainder,
  share,
} from "../../../keeper/protocols/quotes.ts";

const WAD = 10n ** 18n;
const DAY = 86_400;
const window = (changes: Partial<RateWindow>): RateWindow => ({
  now: answer((WAD * 1_001n) / 1_000n),
  past: answer(WAD),
  seconds: 7 * DAY,
  ...changes,
});
const known = (part: YieldPart): number => (part.kind === "known" ? part.apy : assert.fail(part.reason));
const near = (actual: number, expected: number): void => {
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);
};

describe("quotes", () => {
  it("compounds growth over the window to a year", () => {
    near(known(growth(window({}), "rate")), 1.001 ** (365 / 7) - 1);
    near(known(growth(window({ now: answer(WAD) }), "rate")), 0);
    // A slashing is a loss, not nothing.
    assert.ok(known(growth(window({ now: answer((WAD * 99n) / 100n) }), "rate")) < -0.3);
  });

  it("gives no number where one end is missing, zero, or the same moment", () => {
    for (const changes of [
      { now: refusal("reverted") },
      { past: refusal("no code") },
      { now: answer(0n) },
      { past: answer(0n) },
      { seconds: 0 },
    ]) {
      const part = growth(window(changes), "rate");
      assert.equal(part.kind, "missing");
      assert.ok(part.kind === "missing" && part.reason.length > 10);
    }
  });

  it("compounds a simple rate by the second", () => {
    near(known(apyOfRay(3n * 10n ** 25n, "a ray")), Math.expm1(0.03));
    near(known(apyOfRay(0n, "a ray")), 0);
  });

  it("splits a whole into base and remainder, and misses both where one is missing", () => {
    const whole = growth(window({}), "rate");
    const base = share(whole, 0.25, "stETH");
    near(known(base) + known(remainder(whole, base)), known(whole));
    assert.equal(remainder(whole, { kind: "missing", reason: "it is" }).kind, "missing");
    assert.equal(share({ kind: "missing", reason: "it is" }, 0.5, "stETH").kind, "missing");
  });

  it("takes fractions off amounts by the one crossing, and divides by nothing that is not above zero", () => {
    assert.equal(less(WAD, 0.01), (WAD * 99n) / 100n);
    assert.throws(() => less(WAD, Number.NaN));
    assert.equal(positive("a rate", () => 5n)(), 5n);
    assert.throws(
      positive("a rate", () => 0n),
      VenueUnreadError,
    );
  });
});
