/** The engine as a strategy: the live run's stages on what was known on the day. */
import { buildFeatures } from "../../features/index.ts";
import type { Features, ForecastSet, MarketSnapshot } from "../../kernel/artifacts.ts";
import { canonicalHash } from "../../kernel/canonical.ts";
import { buildConstraints } from "../../kernel/constraints.ts";
import { HoldError } from "../../kernel/errors.ts";
import { bandPolicy, type Policy, plan, type RiskClass, settle } from "../../pipeline.ts";
import type { Profile } from "../../profiles.ts";
import { type ForecastJob, featuresConfig, forecastSetOf, type Prepared } from "../forecasts.ts";
import { type Holding, type MarketTerms, snapshotAt } from "../market.ts";
import type { Panel, Venue } from "../panel.ts";
import type { Rule } from "./rule.ts";

/** What is known of a venue's price risk. */
export const classOfVenue = (venue: Venue): RiskClass =>
  venue.source === "APY only" ? "unmeasured" : venue.source === "protocol rate" ? "protocol" : "market";

/** What a day looked like to the stages, whatever is held: strategies that plan alike share it. */
interface Outlook {
  readonly features: Features;
  readonly forecast: ForecastSet;
}
export type Outlooks = Map<string, Outlook>;

export interface EngineContext {
  /** Filled by the rules of one run; the same outlooks come out without it, at the cost of making them for every rule. */
  readonly outlooks?: Outlooks;
  readonly panel: Panel;
  readonly job: ForecastJob;
  readonly forecasts: ReadonlyMap<number, Prepared>;
  readonly terms: (known: number, holding: Holding) => MarketTerms;
}

/** Registry caps say no more than the profile here: headroom against a NAV that moves until execution has no part in it. */
const planning = (profile: Profile): Profile => ({
  ...profile,
  optimize: { ...profile.optimize, capHeadroom: 0, frontierPoints: 0 },
});

/** @param name what the table calls it; ablations differ from the profile's own name. */
export function engineRule(
  name: string,
  describes: string,
  profile: Profile,
  context: EngineContext,
  policy: Policy = bandPolicy,
): Rule {
  const used = planning(profile);
  const planned = canonicalHash({ forecast: used.forecast, shrink: used.shrink });
  const outlookAt = (known: number, prepared: Prepared & { kind: "ready" }, snapshot: MarketSnapshot): Outlook => {
    const key = `${planned} ${known}`;
    const made = context.outlooks?.get(key);
    if (made !== undefined) return made;
    const { job } = context;
    const features = buildFeatures(snapshot, featuresConfig(job.minimumDays));
    const raw = forecastSetOf(job, prepared, features, used.shrink === null);
    const outlook = { features, forecast: settle(raw, features, used) };
    context.outlooks?.set(key, outlook);
    return outlook;
  };
  return {
    name,
    describes,
    async decide({ known, holding, isOpen }) {
      const prepared = context.forecasts.get(known);
      if (prepared === undefined) return { weights: null, reasons: [`no forecast was prepared for day ${known}`] };
      if (prepared.kind === "held") return { weights: null, reasons: [`${prepared.code}: ${prepared.reason}`] };
      const { panel } = context;
      try {
        const { snapshot, costs } = snapshotAt(panel, known, holding, context.terms(known, holding), (i) => !isOpen[i]);
        const { features, forecast } = outlookAt(known, prepared, snapshot);
        const constraints = buildConstraints(snapshot, costs);
        const classOf = (id: number): RiskClass => {
          const venue = panel.venues[id - 1];
          return venue === undefined ? "unmeasured" : classOfVenue(venue);
        };
        const { decision, assessment, notes } = await plan({ features, forecast, constraints, classOf }, used, policy);
        if (decision.kind === "hold") return { weights: null, reasons: [...decision.reasons] };
        if (assessment !== null && assessment.kind === "rejected") {
          return {
            weights: null,
            reasons: [`RISK_REJECTED: ${assessment.breaches.map(({ type }) => type).join(", ")}`],
          };
        }
        return { weights: decision.weights.map(({ weight }) => weight), reasons: [...decision.reasons, ...notes] };
      } catch (error) {
        if (!(error instanceof HoldError)) throw error;
        return { weights: null, reasons: [`${error.code}: ${error.message}`] };
      }
    },
  };
}
