/** The pure stages in a row, from a snapshot to a verdict: they fit each other by their artifacts alone. */
import { expect } from "chai";
import { buildFeatures, DEFAULT_FEATURES_CONFIG } from "../../keeper/features/index.ts";
import { DEFAULT_FORECAST_CONFIG, forecast } from "../../keeper/forecast/index.ts";
import type { MarketSnapshot } from "../../keeper/kernel/artifacts.ts";
import { buildConstraints } from "../../keeper/kernel/constraints.ts";
import { createRng } from "../../keeper/kernel/rng.ts";
import { assets } from "../../keeper/kernel/units.ts";
import { DEFAULT_OPTIMIZE_CONFIG, optimize } from "../../keeper/optimize/index.ts";
import { DEFAULT_POLICY_CONFIG, decide } from "../../keeper/policy/index.ts";
import { planLegs } from "../../keeper/propose/legs.ts";
import { assess, DEFAULT_RISK_CONFIG } from "../../keeper/risk/index.ts";
import { ETHER, history, provenance, reading, snapshot } from "../support/quant.ts";

const asOf = provenance().timestamp;
const yields = [6e-5, 7e-5, 8e-5, 9e-5, 1e-4];

function market(): MarketSnapshot {
  const rng = createRng(99);
  const ids = yields.map((_, i) => i + 1);
  return {
    ...snapshot(
      ids.map((id) => reading(id, { riskIds: id >= 4 ? [1] : [] })),
      yields.map((daily, i) => history(rng.fork(`venue ${i}`), i + 1, asOf, 300, daily)),
    ),
    riskCaps: [{ riskId: 1, absoluteCap: assets(10_000n * ETHER), relativeCapBps: 4000 }],
  };
}

async function runStages(snapshotOfRun: MarketSnapshot, objective: "mean-variance" | "min-cvar") {
  const features = buildFeatures(snapshotOfRun, DEFAULT_FEATURES_CONFIG);
  const forecasts = forecast(features, DEFAULT_FORECAST_CONFIG);
  const constraints = buildConstraints(snapshotOfRun, {
    perStrategy: yields.map((_, i) => ({ id: i + 1, enter: 3e-4, exit: 3e-4 })),
    fixedCost: assets(ETHER / 500n),
    legCost: assets(ETHER / 2000n),
  });
  const target = await optimize(forecasts, constraints, { ...DEFAULT_OPTIMIZE_CONFIG, objective });
  const decision = decide(target, constraints, DEFAULT_POLICY_CONFIG);
  if (decision.kind === "hold") return { target, decision, verdict: null };
  return {
    target,
    decision,
    verdict: assess({ decision, forecast: forecasts, features, constraints }, DEFAULT_RISK_CONFIG),
  };
}

describe("the pure stages in a row", function () {
  this.timeout(120_000);

  it("invest an idle vault in the best-paid venues within caps, and the move is approved", async () => {
    const { target, decision, verdict } = await runStages(market(), "mean-variance");
    expect(decision.kind).to.equal("move");
    expect(verdict?.kind, JSON.stringify(verdict)).to.equal("approved");
    const weights = target.weights.map((w) => w.weight);
    expect((weights[3] ?? 0) + (weights[4] ?? 0)).to.be.closeTo(0.4 * 0.998, 1e-7);
    expect(weights[2]).to.be.closeTo(0.25 * 0.998, 1e-7);
    expect(target.idleWeight).to.be.at.least(0.05 - 1e-9);
    expect(target.frontier).to.have.length(20);
  });

  it("bring home what the redeem queue is owed, and buy nothing with it", async () => {
    const invested = market();
    const ether = (amount: number) => assets(BigInt(amount) * ETHER);
    const owed = 200;
    // 930 placed, 70 idle, 200 owed and 60 more asked for: the NAV is 800, its buffer 40.
    const owing: MarketSnapshot = {
      ...invested,
      vault: {
        ...invested.vault,
        nav: ether(1000 - owed),
        idle: ether(70),
        totalDebt: ether(930),
        minimumIdle: ether(40 + owed),
        queueOwed: ether(owed),
        queuePending: ether(60),
      },
      strategies: invested.strategies.map((strategy) => {
        const held = ether([0, 240, 240, 200, 250][strategy.id - 1] ?? 0);
        return { ...strategy, debt: held, value: held, liquid: held, maxDeallocate: held };
      }),
    };
    const { decision, verdict } = await runStages(owing, "mean-variance");
    if (decision.kind !== "move" || verdict?.kind !== "approved") expect.fail(JSON.stringify({ decision, verdict }));
    expect(decision.reasons[0]).to.match(/^idle is -16\.\d+ %, the minimum is 12\.5000 %|^strategy/);
    expect(decision.idleWeight).to.be.at.least(100 / 800 - 1e-9);
    const limits = { gasCapGwei: 100, maxLossBps: 5, navToleranceBps: 50, ttlSeconds: 86_400, minLegEth: 0.1 };
    const { legs, refNav } = planLegs(owing, verdict.weights, verdict.idleWeight, limits);
    const sum = (kind: string, pick: "amount" | "minValue") =>
      legs.filter((leg) => leg.kind === kind).reduce((total, leg) => total + leg[pick], 0n);
    const idleAfter = ether(70) + sum("Deallocate", "minValue") - sum("Allocate", "amount");
    expect(Number(idleAfter / 10n ** 15n) / 1e3).to.be.at.least(owed + 40 + 60 - 0.2);
    expect(refNav).to.equal(ether(800));
  });

  it("min-CVaR takes less tail risk than mean-variance, and replays to the byte", async () => {
    const carry = await runStages(market(), "mean-variance");
    const first = await runStages(market(), "min-cvar");
    const again = await runStages(market(), "min-cvar");
    expect(JSON.stringify(again.target)).to.equal(JSON.stringify(first.target));
    expect(first.verdict?.kind).to.equal("approved");
    expect(first.verdict?.risk.cvar).to.be.at.most(carry.verdict?.risk.cvar ?? 0);
  });
});
