/** A decision to move becomes a leg: order, bounds, obstacles, the loss budget; and a run whose allocation stays. */
import { strict as assert } from "node:assert";
import type { StrategyReading } from "../../../keeper/kernel/artifacts.ts";
import type { RangeDecision, RangeOutcome } from "../../../keeper/kernel/ranges.ts";
import { address, assets, hash, WAD, wad } from "../../../keeper/kernel/units.ts";
import { DEFAULT_RANGE_CONFIG, decideRange } from "../../../keeper/optimize/ranges/index.ts";
import { describe as sentence } from "../../../keeper/propose/describe.ts";
import { repositions } from "../../../keeper/propose/reposition.ts";
import { formatProposalFile, parseProposalFile, proposalId } from "../../../keeper/propose/typed-data.ts";
import { keepAllocation } from "../../../keeper/run.ts";
import { constraints, limits, provenance } from "../../support/quant.ts";
import { marketOf, seriesOf } from "./support.ts";

const ETHER = 10n ** 18n;
const strategy = (id: number, value: bigint, changes: Partial<StrategyReading> = {}): StrategyReading => ({
  id,
  protocol: "uniswap-v3",
  name: `range ${id}`,
  adapter: address(`0x${id.toString(16).padStart(40, "0")}`),
  state: "Active",
  riskIds: [id],
  absoluteCap: assets(1_000n * ETHER),
  relativeCapBps: 2_500,
  inflowLeft: assets(1_000n * ETHER),
  debt: assets(value),
  value: assets(value),
  liquid: assets(value),
  pending: assets(0n),
  claimable: assets(0n),
  maxAllocate: assets(1_000n * ETHER),
  maxDeallocate: assets(value),
  price: { status: "Normal", sellFactor: WAD, buyFactor: WAD, rate: WAD, marketWad: wad(0n), updatedAt: 0 },
  hasAsyncExit: false,
  exitDelayDays: 0,
  fault: null,
  ...changes,
});

describe("reposition legs", () => {
  let moves: RangeDecision;
  const outcome = (strategyId: number): RangeOutcome => ({ strategyId, decision: moves });
  before(() => {
    const series = seriesOf({ days: 120, volatility: 0.0015, persistence: 0.6, rateGrowth: 0.03, seed: 1 });
    moves = decideRange(marketOf(series), { ...DEFAULT_RANGE_CONFIG, paths: 100 });
    assert.equal(moves.kind, "reposition");
  });

  it("default: the whole position, no amount, the value less the venue's shortfall as bound, ascending by id", () => {
    const notes: string[] = [];
    const { legs, loss } = repositions(
      [strategy(7, 50n * ETHER), strategy(3, 10n * ETHER + 7n)],
      [outcome(7), outcome(3)],
      new Set(),
      ETHER,
      notes,
    );
    assert.deepEqual(
      legs.map(({ strategyId }) => strategyId),
      [3, 7],
    );
    assert.ok(moves.kind === "reposition");
    const { tickLower, tickUpper } = moves;
    assert.deepEqual(legs[1], {
      strategyId: 7,
      kind: "Reposition",
      amount: 0n,
      minValue: (50n * ETHER * 9_980n) / 10_000n,
      tickLower,
      tickUpper,
    });
    // Cut to 1e-6 WETH, against the position.
    assert.equal(legs[0]?.minValue, 9_980_000_000_000_000_000n);
    assert.equal(loss, 10n * ETHER + 7n - 9_980_000_000_000_000_000n + (50n * ETHER) / 500n);
    assert.deepEqual(notes, []);
  });

  it("behavior: an obstacle is a note with the range that was wanted, never a leg", () => {
    const tried = (changes: Partial<StrategyReading>, leaving: readonly number[] = [], budget = ETHER) => {
      const notes: string[] = [];
      const { legs, loss } = repositions(
        [strategy(1, 50n * ETHER, changes)],
        [outcome(1)],
        new Set(leaving),
        budget,
        notes,
      );
      assert.deepEqual([legs, loss, notes.length], [[], 0n, 1]);
      return notes[0] ?? "";
    };
    assert.match(tried({ protocol: "aave-v3" }), /has no range/);
    assert.match(tried({ state: "ReduceOnly" }), /Active/);
    assert.match(tried({ price: { ...strategy(1, 0n).price, status: "NoInflow" } }), /NoInflow/);
    assert.match(tried({ value: assets(0n) }), /empty/);
    assert.match(tried({}, [1]), /later one/);
    // 20 bps of 50 WETH are 0.1.
    assert.match(tried({}, [], ETHER / 10n - 1n), /0\.100000 WETH, 0\.100000 are left|it waits/);
    const notes: string[] = [];
    const held: RangeOutcome = { strategyId: 1, decision: { kind: "hold", best: null, reasons: ["it stands"] } };
    assert.deepEqual(repositions([strategy(1, ETHER)], [held], new Set(), ETHER, notes).legs, []);
    assert.match(notes[0] ?? "", /the range stays: it stands/);
  });

  it("behavior: ticks survive the proposal file and change the id that owners sign", () => {
    const { legs } = repositions([strategy(1, 50n * ETHER)], [outcome(1)], new Set(), ETHER, []);
    const proposal = {
      nonce: 1n,
      notBefore: 1,
      deadline: 2,
      configEpoch: 1n,
      refNav: assets(ETHER),
      navToleranceBps: 50,
      maxLoss: assets(ETHER),
      evidence: hash(`0x${"11".repeat(32)}`),
      legs,
    };
    const domain = { chainId: 1, module: address(`0x${"22".repeat(20)}`) };
    const id = proposalId(domain, proposal);
    const file = parseProposalFile(formatProposalFile({ id, domain, proposal }, "x"));
    assert.deepEqual(file.proposal.legs, legs);
    const shifted = { ...proposal, legs: legs.map((leg) => ({ ...leg, tickLower: leg.tickLower - 1 })) };
    assert.notEqual(proposalId(domain, shifted), id);
    assert.match(
      sentence(proposal, new Map([[1, "Uniswap"]])),
      /[Mm]oves the position in Uniswap to ticks -?\d+ to -?\d+/,
    );
  });

  it("behavior: an allocation that stays becomes a move of ranges only when a range moves", () => {
    const held = { kind: "hold" as const, provenance: provenance(), reasons: ["no gain"] as [string] };
    const bounds = constraints([limits(1, { currentWeight: 0.25 })]);
    assert.equal(keepAllocation(bounds, held, []), held);
    const kept = keepAllocation(bounds, held, [outcome(1)]);
    assert.ok(kept.kind === "move" && moves.kind === "reposition");
    assert.deepEqual(kept.weights, [{ id: 1, weight: 0.25 }]);
    assert.deepEqual([kept.idleWeight, kept.turnover, kept.expectedGain], [0.75, 0, moves.expectedGain]);
    assert.match(kept.reasons.join(), /the allocation stays: no gain.*the range moves/);
  });
});
