import { expect } from "chai";
import {
  buildConstraints,
  CostMissingError,
  CostOutOfRangeError,
  NavNotPositiveError,
  RiskCapMissingError,
} from "../../../keeper/kernel/constraints.ts";
import { assets } from "../../../keeper/kernel/units.ts";
import { ETHER, reading, snapshot, venueState } from "../../support/quant.ts";

const ether = (amount: number) => assets(BigInt(amount) * ETHER);
const costs = (...ids: number[]) => ({
  perStrategy: ids.map((id) => ({ id, enter: 5e-4, exit: 1e-4 })),
  fixedCost: ether(0),
  legCost: ether(0),
});

/** NAV is idle + present values: with 1,000 idle less what is placed, shares stay readable. */
const vaultWith = (idle: number, ...readings: Parameters<typeof snapshot>[0]) => {
  const market = snapshot(readings, []);
  return { ...market, vault: { ...market.vault, idle: ether(idle) } };
};

describe("buildConstraints", () => {
  it("takes the tighter of both caps, and what inflow budget and venue still allow", () => {
    const market = vaultWith(
      990,
      reading(1, {
        absoluteCap: ether(200),
        inflowLeft: ether(70),
        maxAllocate: ether(90),
        value: ether(10),
        liquid: ether(10),
        maxDeallocate: ether(10),
      }),
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

  it("measures shares of idle plus present values, not of the vault's cached NAV", () => {
    const market = vaultWith(900, reading(1, { value: ether(100), liquid: ether(100), debt: ether(50) }));
    const stale = { ...market, vault: { ...market.vault, nav: ether(950) } };
    const { nav, idle, strategies } = buildConstraints(stale, costs(1));
    expect(nav).to.equal(ether(1000));
    expect(idle.current).to.equal(0.9);
    expect(strategies[0]?.currentWeight).to.equal(0.1);
  });

  it("counts as stuck what is illiquid or frozen, of the open position only", () => {
    const held = { value: ether(100), liquid: ether(60), pending: ether(40), maxDeallocate: ether(50) };
    const minimum = (changes: Parameters<typeof reading>[1]) =>
      buildConstraints(vaultWith(900, reading(1, { ...held, ...changes })), costs(1)).strategies[0]?.minWeight;
    expect(minimum({})).to.equal(0.01);
    // A request takes everything that is open, whatever the venue could pay at once.
    expect(minimum({ hasAsyncExit: true })).to.equal(0);
    // A frozen registry state still lets funds out; an unpriced or a revoked strategy does not.
    expect(minimum({ state: "Frozen" })).to.equal(0.01);
    for (const status of ["Frozen", "Closed"] as const) {
      expect(minimum({ price: { ...reading(1).price, status } })).to.equal(0.06);
    }
    expect(minimum({ state: "Revoked", hasAsyncExit: true })).to.equal(0.06);
  });

  it("counts what waits in exit queues as idle that cannot be spent, and against every cap it still fills", () => {
    const queued = reading(1, {
      value: ether(300),
      liquid: ether(100),
      pending: ether(150),
      claimable: ether(50),
      relativeCapBps: 4_000,
      riskIds: [2],
      hasAsyncExit: true,
    });
    const market = {
      ...vaultWith(700, queued),
      riskCaps: [{ riskId: 2, absoluteCap: ether(500), relativeCapBps: 3_500 }],
    };
    const { nav, idle, strategies, riskIds } = buildConstraints(market, costs(1));
    expect(nav).to.equal(ether(1000));
    expect(idle).to.deep.equal({ current: 0.9, minimum: 0.25 });
    expect(strategies[0]).to.include({ currentWeight: 0.1, capWeight: 0.2, minWeight: 0 });
    expect(riskIds).to.deep.equal([{ riskId: 2, capWeight: 0.15 }]);
    const total = idle.current + strategies.reduce((sum, { currentWeight }) => sum + currentWeight, 0);
    expect(total).to.equal(1);
  });

  describe("with a redeem queue", () => {
    const queued = (owed: number, pending: number, ...readings: Parameters<typeof snapshot>[0]) => {
      const market = vaultWith(100, ...readings);
      const nav = 1000 - owed;
      return {
        ...market,
        vault: {
          ...market.vault,
          queueOwed: ether(owed),
          queuePending: ether(pending),
          minimumIdle: ether(nav / 20 + owed),
        },
      };
    };
    const liquid = reading(1, { value: ether(900), liquid: ether(900), maxDeallocate: ether(900) });

    it("takes what is owed out of the NAV and out of idle, and asks idle for buffer and requests", () => {
      const { nav, idle, strategies } = buildConstraints(queued(200, 80, liquid), costs(1));
      expect(nav).to.equal(ether(800));
      expect(strategies[0]?.currentWeight).to.equal(900 / 800);
      // 100 idle, 200 owed: 100 are missing before the buffer of 40 and the 80 about to be owed.
      expect(idle).to.deep.equal({ current: -100 / 800, minimum: 120 / 800 });
    });
    it("lets money on its way out of a venue serve the queue, not the buffer", () => {
      const leaving = reading(1, { value: ether(900), liquid: ether(650), pending: ether(250) });
      const { idle } = buildConstraints(queued(200, 0, leaving), costs(1));
      expect(idle).to.deep.equal({ current: (100 - 200 + 250) / 800, minimum: (40 + 250 - 200) / 800 });
    });
    it("asks no more for the queue than can leave", () => {
      const stuck = reading(1, { value: ether(900), liquid: ether(900), maxDeallocate: ether(160) });
      const { idle, strategies } = buildConstraints(queued(200, 100, stuck), costs(1));
      expect(idle.minimum).to.be.closeTo(1 - (strategies[0]?.minWeight ?? 0), 1e-8);
      expect(idle.minimum).to.be.below(140 / 800);
    });
  });

  it("counts as leaving what the venue's queue still takes, not what it pays at once for a fee", () => {
    const held = reading(1, { value: ether(100), liquid: ether(100), hasAsyncExit: true, maxDeallocate: ether(0) });
    const minimum = (queued: number) => {
      const read = venueState(1);
      const venues = [{ ...read, leave: { ...read.leave, queued: ether(queued), instantFee: 0.003 } }];
      return buildConstraints({ ...vaultWith(900, held), venues }, costs(1)).strategies[0]?.minWeight;
    };
    expect(minimum(0)).to.equal(0.1);
    expect(minimum(40)).to.equal(0.06);
    expect(minimum(500)).to.equal(0);
  });

  it("blocks a strategy whose adapter does not answer, in both directions", () => {
    const silent = reading(1, { value: ether(100), debt: ether(100), fault: "realAssets: broken", hasAsyncExit: true });
    const [strategy] = buildConstraints(vaultWith(900, silent), costs(1)).strategies;
    expect(strategy).to.include({
      minWeight: 0.1,
      entryBlockedBy: "the adapter does not answer: realAssets: broken",
    });
  });

  it("leaves no room, instead of a negative one, when a queue alone exceeds the cap", () => {
    const queued = reading(1, { value: ether(300), pending: ether(300), relativeCapBps: 1_000, riskIds: [2] });
    const market = {
      ...vaultWith(700, queued),
      riskCaps: [{ riskId: 2, absoluteCap: ether(100), relativeCapBps: 9_000 }],
    };
    const built = buildConstraints(market, costs(1));
    expect(built.strategies[0]).to.include({ currentWeight: 0, capWeight: 0, minWeight: 0 });
    expect(built.riskIds[0]?.capWeight).to.equal(0);
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
    expect(() => buildConstraints(vaultWith(0, reading(1)), costs(1))).to.throw(NavNotPositiveError);
    for (const enter of [Number.NaN, -0.1, 1]) {
      const bad = { ...costs(1), perStrategy: [{ id: 1, enter, exit: 0 }] };
      expect(() => buildConstraints(market, bad)).to.throw(CostOutOfRangeError);
    }
    expect(() => buildConstraints(market, { ...costs(1), legCost: assets(-1n) })).to.throw(CostOutOfRangeError);
  });
});
