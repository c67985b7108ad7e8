/**
 * One cycle of the keeper. With `pipeline.ts`, which holds the pure stages, the only place that knows their order.
 * observe -> build -> forecast -> optimize -> decide -> assess -> propose. A run that cannot vouch for its numbers is held.
 */
import type { ChainClient } from "./chain/client.ts";
import type { KeeperConfig } from "./config/schema.ts";
import { costsOf, DEFAULT_LEG_GAS, EXECUTION_GAS, gasPriceOf } from "./costs.ts";
import { observe } from "./data/observe.ts";
import { observeRanges } from "./data/ranges.ts";
import { DEFAULT_SCHEDULE_CONFIG, sendPlan } from "./execute/schedule.ts";
import { buildFeatures, DEFAULT_FEATURES_CONFIG } from "./features/index.ts";
import { DEFAULT_GAS_FORECAST_CONFIG, forecastGas, TooLittleGasHistoryError } from "./forecast/gas.ts";
import type {
  AllocationConstraints,
  ApprovedAllocation,
  Breach,
  Decision,
  Features,
  ForecastSet,
  MarketSnapshot,
  RiskFigures,
  RiskPanel,
  SendPlan,
  StrategyReading,
  TargetAllocation,
} from "./kernel/artifacts.ts";
import { buildConstraints } from "./kernel/constraints.ts";
import { HoldError } from "./kernel/errors.ts";
import type { RangeOutcome, RangeReading } from "./kernel/ranges.ts";
import { type Assets, assets, SECONDS_PER_DAY } from "./kernel/units.ts";
import { DEFAULT_RANGE_CONFIG, decideRange, holdsAssetOnly } from "./optimize/ranges/index.ts";
import { bandPolicy, dqnPolicy, type Policy, plan, predict, type RiskClass } from "./pipeline.ts";
import { loadPolicy } from "./policy/dqn/index.ts";
import { SHIPPED_POLICY } from "./policy/dqn/shipped.ts";
import { DEFAULT_PROFILE, PROFILES, type Profile, withLstm } from "./profiles.ts";
import { type BuiltProposal, buildProposal } from "./propose/build.ts";
import { chooseNonce } from "./propose/publish.ts";
import { EXPOSURE } from "./protocols/exposure.ts";
import { isProtocolId } from "./protocols/ids.ts";
import { protocolOf } from "./protocols/index.ts";
import { type PositionFacts, riskPanel } from "./risk/panel.ts";

/** What the stages before the proposal found; kept for reports whatever the outcome. */
export interface CycleFindings {
  readonly snapshot: MarketSnapshot;
  readonly features: Features;
  readonly forecast: ForecastSet;
  readonly constraints: AllocationConstraints;
  readonly target: TargetAllocation;
  readonly decision: Decision;
  readonly risk: RiskFigures | null;
  /** Every measure of the present and of the proposed allocation. */
  readonly panel: RiskPanel;
  /** One answer for each strategy whose range the configuration asks to manage. */
  readonly ranges: readonly RangeOutcome[];
}

export type CycleOutcome =
  | {
      readonly kind: "ready";
      readonly findings: CycleFindings;
      readonly approved: ApprovedAllocation;
      readonly built: BuiltProposal;
      /** When execution is expected to be cheap. */
      readonly send: SendPlan;
    }
  | {
      readonly kind: "held";
      readonly code: string;
      readonly reasons: readonly string[];
      readonly snapshot: MarketSnapshot | null;
      readonly findings: CycleFindings | null;
    };

/** What the stress tests and the cost of leaving need to know of each position. */
export function positionFacts(snapshot: MarketSnapshot, constraints: AllocationConstraints): readonly PositionFacts[] {
  return constraints.strategies.map(({ id, costs }) => {
    const found = snapshot.strategies.find((strategy) => strategy.id === id);
    const known = found !== undefined && isProtocolId(found.protocol) ? found.protocol : null;
    // A venue this keeper does not know is taken for exposed to everything.
    const exposure = known === null ? { stakedShare: 1, isLent: true } : EXPOSURE[known];
    const open = found === undefined ? 0n : found.value - found.pending - found.claimable;
    const payable = found === undefined ? 0 : open > 0n ? Number(found.maxDeallocate) / Number(open) : 1;
    return {
      id,
      ...exposure,
      hasFeed: known !== null && protocolOf(known).feedPrices !== "none",
      // Of an empty position nothing can be read: an instant venue is taken at its word.
      liquidShare: open <= 0n ? (found?.hasAsyncExit ? 0 : 1) : Math.min(1, Math.max(0, payable)),
      exitCost: costs.exit,
      exitDays: found?.exitDelayDays ?? 0,
    };
  });
}

function planToSend(snapshot: MarketSnapshot, deadline: number): SendPlan {
  const { baseFee, timestamps, baseFees } = snapshot.gas;
  const now = Number(baseFee);
  try {
    const predicted = forecastGas(timestamps, baseFees.map(Number), DEFAULT_GAS_FORECAST_CONFIG);
    return sendPlan(now, deadline, predicted, DEFAULT_SCHEDULE_CONFIG);
  } catch (error) {
    if (!(error instanceof TooLittleGasHistoryError)) throw error;
    return { now, kind: "unknown", until: null, expectedFee: null, reason: error.message };
  }
}

/** Gas of moving a range, asset units: measured where it was, else taking everything out and putting it in again. */
function repositionCost(snapshot: MarketSnapshot, { protocol }: StrategyReading): Assets {
  const gas = isProtocolId(protocol) ? protocolOf(protocol).gas : null;
  const outAndIn =
    (gas?.Deallocate?.units ?? Number(DEFAULT_LEG_GAS)) + (gas?.Allocate?.units ?? Number(DEFAULT_LEG_GAS));
  const units = EXECUTION_GAS + BigInt(gas?.Reposition?.units ?? outAndIn);
  return assets(units * gasPriceOf(snapshot));
}

/** The range policy on every reading. What it cannot vouch for holds that range, not the run. */
export function decideRanges(readings: readonly RangeReading[], config: KeeperConfig): readonly RangeOutcome[] {
  return readings.map((reading) => {
    const { strategyId } = reading;
    const hold = (reason: string): RangeOutcome => ({
      strategyId,
      decision: { kind: "hold", best: null, reasons: [reason] },
    });
    if (reading.kind === "unknown") return hold(reading.reason);
    const entry = config.strategies.find(({ id }) => id === strategyId)?.range;
    if (entry === undefined) return hold("the configuration does not ask to manage it");
    try {
      const decision = decideRange(reading.market, {
        ...DEFAULT_RANGE_CONFIG,
        horizonDays: entry.horizonDays,
        cvarLimit: entry.maxCvar,
        beta: config.risk.beta,
        seed: config.seed,
      });
      return { strategyId, decision };
    } catch (error) {
      if (!(error instanceof HoldError)) throw error;
      return hold(error.message);
    }
  });
}

/** Where the allocation stays and a range should move: the weights as they are, so that the move is assessed and signed like any other. */
export function keepAllocation(
  constraints: AllocationConstraints,
  held: Extract<Decision, { kind: "hold" }>,
  ranges: readonly RangeOutcome[],
): Decision {
  const moving = ranges.flatMap(({ decision }) => (decision.kind === "reposition" ? [decision] : []));
  if (moving.length === 0) return held;
  return {
    kind: "move",
    provenance: held.provenance,
    weights: constraints.strategies.map(({ id, currentWeight }) => ({ id, weight: currentWeight })),
    idleWeight: constraints.idle.current,
    expectedGain: assets(moving.reduce<bigint>((sum, { expectedGain }) => sum + expectedGain, 0n)),
    expectedCost: assets(moving.reduce<bigint>((sum, { cost }) => sum + cost, 0n)),
    turnover: 0,
    reasons: [
      ...held.reasons.map((reason) => `the allocation stays: ${reason}`),
      ...moving.flatMap(({ reasons }) => reasons.map((reason) => `the range moves: ${reason}`)),
    ],
  };
}

function breachText(breach: Breach): string {
  const { type, ...values } = breach;
  const figures = Object.entries(values).map(
    ([name, value]) => `${name} ${typeof value === "number" ? Number(value.toPrecision(6)) : value}`,
  );
  return `${type}: ${figures.join(", ")}`;
}

/** The operator's profile with the horizon, objective and limits of the configuration. */
export function profileOf(config: KeeperConfig): Profile {
  const profile = withLstm(PROFILES[config.profile ?? DEFAULT_PROFILE], config.lstm ?? null);
  const { beta, maxVar, maxCvar, maxDrawdown } = config.risk;
  return {
    ...profile,
    forecast: { ...profile.forecast, horizonDays: config.horizonDays },
    optimize: { ...profile.optimize, objective: config.objective, beta },
    risk: { ...profile.risk, beta, varLimit: maxVar, cvarLimit: maxCvar, drawdownLimit: maxDrawdown },
  };
}

/** @throws {SavedModelError} when the learned policy is asked for and cannot be read. */
function rebalancingPolicy(config: KeeperConfig, snapshot: MarketSnapshot, profile: Profile): Policy {
  if (config.policy?.kind !== "dqn") return bandPolicy;
  // The module allows the next execution a cooldown after the last one; before the first there is no time at all.
  const last = snapshot.nextExecutionAt - snapshot.policy.cooldown;
  const days = last > 0 ? Math.max(0, snapshot.provenance.timestamp - last) / SECONDS_PER_DAY : null;
  const { checkpoint } = config.policy;
  const learned = loadPolicy(checkpoint?.path ?? SHIPPED_POLICY, checkpoint?.sha256);
  return dqnPolicy(learned, profile.risk, () => days);
}

/** A strategy with a market feed is valued by it; the others pay at their protocol's own rate. */
function classesOf(snapshot: MarketSnapshot): (id: number) => RiskClass {
  const priced = new Set(snapshot.history.flatMap(({ id, marketRatios }) => (marketRatios === null ? [] : [id])));
  return (id) => (priced.has(id) ? "market" : "protocol");
}

/** Ranges that earn nothing because the pool has left them on the asset's side. */
export const rangesInAsset = (readings: readonly RangeReading[]): ReadonlySet<number> =>
  new Set(readings.flatMap((r) => (r.kind === "market" && holdsAssetOnly(r.market) ? [r.strategyId] : [])));

async function decideAndPropose(
  client: ChainClient,
  config: KeeperConfig,
  snapshot: MarketSnapshot,
): Promise<CycleOutcome> {
  const readings = await observeRanges(client, config, snapshot, (strategy) => repositionCost(snapshot, strategy));
  const features = buildFeatures(snapshot, DEFAULT_FEATURES_CONFIG, rangesInAsset(readings));
  try {
    return await planFrom(client, config, snapshot, features, readings);
  } catch (error) {
    if (!(error instanceof HoldError)) throw error;
    // What a quality gate excluded is usually why a later stage cannot go on.
    const excluded = features.flags.filter(({ excludes }) => excludes).map(({ message }) => message);
    return { kind: "held", code: error.code, reasons: [error.message, ...excluded], snapshot, findings: null };
  }
}

async function planFrom(
  client: ChainClient,
  config: KeeperConfig,
  snapshot: MarketSnapshot,
  features: Features,
  readings: readonly RangeReading[],
): Promise<CycleOutcome> {
  const profile = profileOf(config);
  const predicted = await predict(features, profile);
  const ranges = decideRanges(readings, config);
  const rebalance = rebalancingPolicy(config, snapshot, profile);
  // A range that has to move is reason enough for a proposal that leaves every weight where it is.
  const policy: Policy = async (input) => {
    const wanted = await rebalance(input);
    return wanted.kind === "hold" ? keepAllocation(input.constraints, wanted, ranges) : wanted;
  };
  const { constraints, target, decision, assessment } = await plan(
    {
      features,
      forecast: predicted,
      constraints: buildConstraints(snapshot, costsOf(snapshot, predicted)),
      classOf: classesOf(snapshot),
    },
    profile,
    policy,
  );
  const panel = riskPanel(
    {
      forecast: predicted,
      features,
      facts: positionFacts(snapshot, constraints),
      names: new Map(constraints.strategies.map(({ id, name }) => [id, name])),
      current: constraints.strategies.map(({ id, currentWeight }) => ({ id, weight: currentWeight })),
      proposed: decision.kind === "move" ? decision.weights : null,
    },
    config.risk.beta,
  );
  const findings = {
    snapshot,
    features,
    forecast: predicted,
    constraints,
    target,
    decision,
    risk: null,
    panel,
    ranges,
  };
  if (decision.kind === "hold" || assessment === null) {
    const stays = ranges.flatMap(({ strategyId, decision: { reasons } }) =>
      reasons.map((reason) => `range of strategy ${strategyId}: ${reason}`),
    );
    const reasons = decision.kind === "hold" ? decision.reasons : [];
    return { kind: "held", code: "NO_TRADE", reasons: [...reasons, ...stays], snapshot, findings };
  }
  const assessed = { ...findings, risk: assessment.risk };
  if (assessment.kind === "rejected") {
    return {
      kind: "held",
      code: "RISK_REJECTED",
      reasons: assessment.breaches.map(breachText),
      snapshot,
      findings: assessed,
    };
  }
  const nonce = await chooseNonce(client, config.addresses, snapshot.provenance);
  const built = buildProposal(
    { snapshot, forecast: predicted, target, decision, approved: assessment, nonce, ranges },
    config,
  );
  if (built.kind === "hold")
    return { kind: "held", code: "NOTHING_TO_MOVE", reasons: built.reasons, snapshot, findings: assessed };
  const send = planToSend(snapshot, built.proposal.deadline);
  return { kind: "ready", findings: assessed, approved: assessment, built, send };
}

/**
 * Runs the stages at the latest block, or at `block` to recompute a past cycle. Chain failures are thrown: they are the
 * operator's business; whatever a stage cannot vouch for is a held run with its reason.
 */
export async function runCycle(client: ChainClient, config: KeeperConfig, block?: number): Promise<CycleOutcome> {
  let snapshot: MarketSnapshot | null = null;
  try {
    snapshot = await observe(client, config, block);
    return await decideAndPropose(client, config, snapshot);
  } catch (error) {
    if (!(error instanceof HoldError)) throw error;
    return { kind: "held", code: error.code, reasons: [error.message], snapshot, findings: null };
  }
}
