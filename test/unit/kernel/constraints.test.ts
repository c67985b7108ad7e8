import { expect } from "chai";
import {
  buildConstraints,
  CostMissingError,
  CostOutOfRangeError,
  NavNotPositiveError,
  RiskCapMissingError,
} from "../../../keeper/kernel/constraints.ts";
import { assets } from "../../../keeper/kernel/units.ts";
import { ETHER, reading, snapshot } from "../../support/quant.ts";

const ether = (amount: number) => assets(BigInt(amount) * ETHER);
const costs = (...ids: number[]) => ({
  perStrategy: ids.map((id) => ({ id, enter: 5e-4, exit: 1e-4 })),
  fixedCost: ether(0),
  legCost: ether(0),
});

describe("buildConstraints", () => {
  it("takes the tighter of both caps, and what inflow budget and venue still allow", () => {
    const market = snapshot(
      [
        reading(1, {
          absoluteCap: ether(200),
          inflowLeft: ether(70),
          maxAllocate: ether(90),
          value: ether(10),
          liquid: ether(10),
          maxDeallocate: ether(10),
        }),
      ],
      [],
    );
    const [strategy] = buildConstraints(market, costs(1)).strategies;
    expect(strategy).to.include({
      capWeight: 0.2,
      reachableWeight: 0.08,
      currentWeight: 0.01,
      minWeight: 0,
      entryBlockedBy: null,
    });
  });

  it("counts as stuck what is pending, illiquid or frozen", () => {
    const held = { value: ether(100), liquid: ether(60), pending: ether(40), maxDeallocate: ether(50) };
    const minimum = (changes: Parameters<typeof reading>[1]) =>
      buildConstraints(snapshot([reading(1, { ...held, ...changes })], []), costs(1)).strategies[0]?.minWeight;
    expect(minimum({})).to.equal(0.05);
    expect(minimum({ state: "Frozen" })).to.equal(0.1);
    expect(minimum({ price: { ...reading(1).price, status: "Frozen" } })).to.equal(0.1);
  });

  it("says why nothing may enter: state, price or a cap of zero", () => {
    const market = snapshot(
      [
        reading(1, { state: "ReduceOnly" }),
        reading(2, { price: { ...reading(2).price, status: "NoInflow" } }),
        reading(3, { absoluteCap: ether(0) }),
        reading(4, { state: "None" }),
      ],
      [],
    );
    expect(buildConstraints(market, costs(1, 2, 3, 4)).strategies.map((s) => s.entryBlockedBy)).to.deep.equal([
      "state is ReduceOnly",
      "price status is NoInflow",
      "cap is zero",
    ]);
  });

  it("error: an empty vault, a missing cost or risk cap and an impossible cost are typed", () => {
    const market = snapshot([reading(1, { riskIds: [3] })], []);
    expect(() => buildConstraints(market, costs(1))).to.throw(RiskCapMissingError);
    expect(() => buildConstraints(market, costs(2))).to.throw(CostMissingError);
    expect(() => buildConstraints({ ...market, vault: { ...market.vault, nav: ether(0) } }, costs(1))).to.throw(
      NavNotPositiveError,
    );
    const bad = { ...costs(1), perStrategy: [{ id: 1, enter: Number.NaN, exit: 0 }] };
    expect(() => buildConstraints(market, bad)).to.throw(CostOutOfRangeError);
  });
});
