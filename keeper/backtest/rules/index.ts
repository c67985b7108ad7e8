/**
 * The registry of strategies. A later one, e.g. a learned policy, is a line in `ENGINE_VARIANTS` (the same stages with another
 * profile or policy) or in `PLAIN_RULES`.
 */
import { SECONDS_PER_DAY } from "../../kernel/units.ts";
import { bandPolicy, dqnPolicy, type Policy } from "../../pipeline.ts";
import { loadPolicy } from "../../policy/dqn/index.ts";
import { SHIPPED_POLICY } from "../../policy/dqn/shipped.ts";
import { PROFILES, type Profile, type ProfileName, withLstm } from "../../profiles.ts";
import { UnknownStrategyError } from "../errors.ts";
import { type EngineContext, engineRule } from "./engine.ts";
import {
  carry,
  equalWeight,
  holdRule,
  idleRule,
  inverseVolatility,
  lastWinner,
  maximumSharpe,
  minimumVariance,
} from "./plain.ts";
import type { Rule } from "./rule.ts";

const PLAIN_RULES: Readonly<Record<string, Rule>> = {
  "equal-weight": equalWeight,
  "inverse-vol": inverseVolatility,
  "min-variance": minimumVariance,
  "max-sharpe": maximumSharpe,
  "top-1": lastWinner,
  idle: idleRule,
};

export interface EngineVariant {
  readonly describes: string;
  readonly change: (profile: Profile) => Profile;
  /** Makes the policy of one rule; the band where absent. */
  readonly policy?: (profile: Profile) => Policy;
  /** True when the engine plans and pays as if trading were free. */
  readonly withoutCosts?: boolean;
}

const same = (profile: Profile): Profile => profile;

/** `ai` and what is left of it when a part is taken away; `ai-no-costs:growth` is a variant with a profile. */
export const ENGINE_VARIANTS: Readonly<Record<string, EngineVariant>> = {
  ai: { describes: "the engine", change: same },
  "ai-no-gate": {
    describes: "the engine with the naive gate wide open: the combination in full",
    change: (profile) => ({ ...profile, forecast: { ...profile.forecast, caution: 1e-6 } }),
  },
  "ai-no-shrinkage": {
    describes: "the engine with forecasts as the models gave them",
    change: (profile) => ({ ...profile, shrink: null }),
  },
  "ai-no-band": {
    describes:
      "the engine without the no-trade band: it follows its target wherever the gain exceeds its standard error",
    change: (profile) => ({
      ...profile,
      optimize: { ...profile.optimize, costMultiple: 0 },
      policy: {
        ...profile.policy,
        band: 0,
        costMultiple: 1,
        holdingDays: 3650,
        maximumTurnover: 1,
        maximumCostDays: null,
      },
    }),
  },
  "ai-no-tail-limit": {
    describes: "the engine without limits relative to its reference",
    change: (profile) => ({
      ...profile,
      venueMultiple: null,
      boundsRiskyTotals: false,
      tail: { ...profile.tail, target: 1e6, mendAbove: null },
    }),
  },
  "ai-no-costs": {
    describes: "the engine where trading is free, in its plans and in its books",
    change: same,
    withoutCosts: true,
  },
  "ai-lstm": {
    describes: "the engine with the LSTM as a further member of the forecast combination",
    change: (profile) => withLstm(profile, {}),
  },
  "ai-dqn": {
    describes: "the engine with the learned rebalancing policy in the place of the no-trade band",
    change: same,
    policy: learnedPolicy,
  },
};

/** Learns of moves only by deciding them: at the first decision the last move is unknown. */
function learnedPolicy(profile: Profile): Policy {
  const learned = loadPolicy(SHIPPED_POLICY);
  let movedAt: number | null = null;
  return (input) => {
    const now = input.target.provenance.timestamp;
    const daysSinceMove = movedAt === null ? null : (now - movedAt) / SECONDS_PER_DAY;
    const decision = dqnPolicy(learned, profile.risk, () => daysSinceMove)(input);
    if (decision.kind === "move") movedAt = now;
    return decision;
  };
}

export interface ParsedStrategy {
  readonly name: string;
  readonly engine: { readonly variant: EngineVariant; readonly profile: Profile } | null;
}

const isProfile = (name: string): name is ProfileName => Object.hasOwn(PROFILES, name);

export const STRATEGY_FORMS: readonly string[] = [
  ...Object.keys(ENGINE_VARIANTS).map((name) => `${name}[:cautious|growth]`),
  "carry[:k]",
  "hold:VENUE",
  ...Object.keys(PLAIN_RULES),
];

/** @param profile the profile of engine strategies that name none. @throws {UnknownStrategyError} */
export function parseStrategy(text: string, profile: ProfileName): ParsedStrategy {
  const [head = "", ...rest] = text.split(":");
  const tail = rest.join(":");
  const variant = Object.hasOwn(ENGINE_VARIANTS, head) ? ENGINE_VARIANTS[head] : undefined;
  if (variant !== undefined) {
    const chosen = rest.length === 0 ? profile : tail;
    if (!isProfile(chosen)) throw new UnknownStrategyError(text, STRATEGY_FORMS);
    return { name: `${head}:${chosen}`, engine: { variant, profile: variant.change(PROFILES[chosen]) } };
  }
  const isPlain = Object.hasOwn(PLAIN_RULES, text);
  const isCarry = text === "carry" || /^carry:[1-9]\d?$/.test(text);
  const isHold = head === "hold" && tail !== "";
  if (!isPlain && !isCarry && !isHold) throw new UnknownStrategyError(text, STRATEGY_FORMS);
  return { name: text, engine: null };
}

/** The rule of a parsed strategy. */
export function ruleOf({ name, engine }: ParsedStrategy, context: EngineContext): Rule {
  if (engine !== null) {
    const { variant, profile } = engine;
    return engineRule(
      name,
      `${variant.describes}, profile ${profile.name}`,
      profile,
      context,
      variant.policy?.(profile) ?? bandPolicy,
    );
  }
  const plain = Object.hasOwn(PLAIN_RULES, name) ? PLAIN_RULES[name] : undefined;
  if (plain !== undefined) return plain;
  if (name.startsWith("hold:")) return holdRule(name.slice("hold:".length));
  return carry(name === "carry" ? 1 : Number(name.slice("carry:".length)));
}
