/**
 * One cycle of the keeper. With `pipeline.ts`, which holds the pure stages, the only place that knows their order.
 * observe -> build -> forecast -> optimize -> decide -> assess -> propose. A run that cannot vouch for its numbers is held.
 */
import type { ChainClient } from "./chain/client.ts";
import type { KeeperConfig } from "./config/schema.ts";
import { observe } from "./data/observe.ts";
import { buildFeatures, DEFAULT_FEATURES_CONFIG } from "./features/index.ts";
import type {
  AllocationConstraints,
  ApprovedAllocation,
  Breach,
  CostInputs,
  Decision,
  Features,
  ForecastSet,
  MarketSnapshot,
  RiskFigures,
  TargetAllocation,
} from "./kernel/artifacts.ts";
import { buildConstraints } from "./kernel/constraints.ts";
import { HoldError } from "./kernel/errors.ts";
import { assets, BPS, fromWad } from "./kernel/units.ts";
import { plan, predict, type RiskClass } from "./pipeline.ts";
import { DEFAULT_PROFILE, PROFILES, type Profile } from "./profiles.ts";
import { type BuiltProposal, buildProposal } from "./propose/build.ts";
import { chooseNonce } from "./propose/publish.ts";
import { isProtocolId } from "./protocols/ids.ts";
import { protocolOf } from "./protocols/index.ts";

/** What the stages before the proposal found; kept for reports whatever the outcome. */
export interface CycleFindings {
  readonly snapshot: MarketSnapshot;
  readonly features: Features;
  readonly forecast: ForecastSet;
  readonly constraints: AllocationConstraints;
  readonly target: TargetAllocation;
  readonly decision: Decision;
  readonly risk: RiskFigures | null;
}

export type CycleOutcome =
  | {
      readonly kind: "ready";
      readonly findings: CycleFindings;
      readonly approved: ApprovedAllocation;
      readonly built: BuiltProposal;
    }
  | {
      readonly kind: "held";
      readonly code: string;
      readonly reasons: readonly string[];
      readonly snapshot: MarketSnapshot | null;
      readonly findings: CycleFindings | null;
    };

/** Gas of an execution besides its legs: signatures, reports, checks (measured in bench/gas.json). */
const EXECUTION_GAS = 160_000n;
const DEFAULT_LEG_GAS = 200_000n;

const median = (values: readonly bigint[]): bigint => {
  const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted[Math.floor(sorted.length / 2)] ?? 0n;
};

/** What moving costs: the venue's own shortfall, the discount that valuation takes at once, the yield lost while waiting. */
export function costsOf(snapshot: MarketSnapshot, predicted: ForecastSet): CostInputs {
  const gasPrice = median(snapshot.gas.baseFees.length > 0 ? snapshot.gas.baseFees : [snapshot.gas.baseFee]);
  const legGas = snapshot.strategies.reduce<bigint>((most, strategy) => {
    const units = isProtocolId(strategy.protocol) ? protocolOf(strategy.protocol).gas.Allocate?.units : undefined;
    const gas = units === undefined ? DEFAULT_LEG_GAS : BigInt(units);
    return gas > most ? gas : most;
  }, 0n);
  return {
    perStrategy: snapshot.strategies.map((strategy) => {
      const shortfall = isProtocolId(strategy.protocol) ? protocolOf(strategy.protocol).shortfallBps : null;
      const daily = predicted.strategies.find(({ id }) => id === strategy.id)?.meanDaily ?? 0;
      const discount = Math.max(0, 1 - fromWad(strategy.price.sellFactor));
      const waiting = strategy.hasAsyncExit ? strategy.exitDelayDays * Math.max(0, daily) : 0;
      const exit = strategy.hasAsyncExit ? shortfall?.RequestExit : shortfall?.Deallocate;
      return {
        id: strategy.id,
        enter: (shortfall?.Allocate ?? 0) / Number(BPS) + discount,
        exit: (exit ?? 0) / Number(BPS) + waiting,
      };
    }),
    fixedCost: assets(EXECUTION_GAS * gasPrice),
    legCost: assets(legGas * gasPrice),
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
function profileOf(config: KeeperConfig): Profile {
  const profile = PROFILES[config.profile ?? DEFAULT_PROFILE];
  const { beta, maxVar, maxCvar, maxDrawdown } = config.risk;
  return {
    ...profile,
    forecast: { ...profile.forecast, horizonDays: config.horizonDays },
    optimize: { ...profile.optimize, objective: config.objective, beta },
    risk: { ...profile.risk, beta, varLimit: maxVar, cvarLimit: maxCvar, drawdownLimit: maxDrawdown },
  };
}

/** A strategy with a market feed is valued by it; the others pay at their protocol's own rate. */
function classesOf(snapshot: MarketSnapshot): (id: number) => RiskClass {
  const priced = new Set(snapshot.history.flatMap(({ id, marketRatios }) => (marketRatios === null ? [] : [id])));
  return (id) => (priced.has(id) ? "market" : "protocol");
}

async function decideAndPropose(
  client: ChainClient,
  config: KeeperConfig,
  snapshot: MarketSnapshot,
): Promise<CycleOutcome> {
  const features = buildFeatures(snapshot, DEFAULT_FEATURES_CONFIG);
  try {
    return await planFrom(client, config, snapshot, features);
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
): Promise<CycleOutcome> {
  const profile = profileOf(config);
  const predicted = predict(features, profile);
  const { constraints, target, decision, assessment } = await plan(
    {
      features,
      forecast: predicted,
      constraints: buildConstraints(snapshot, costsOf(snapshot, predicted)),
      classOf: classesOf(snapshot),
    },
    profile,
  );
  const findings = { snapshot, features, forecast: predicted, constraints, target, decision, risk: null };
  if (decision.kind === "hold" || assessment === null) {
    const reasons = decision.kind === "hold" ? decision.reasons : [];
    return { kind: "held", code: "NO_TRADE", reasons, snapshot, findings };
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
  const built = buildProposal({ snapshot, forecast: predicted, target, decision, approved: assessment, nonce }, config);
  if (built.kind === "hold")
    return { kind: "held", code: "NOTHING_TO_MOVE", reasons: built.reasons, snapshot, findings: assessed };
  return { kind: "ready", findings: assessed, approved: assessment, built };
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
