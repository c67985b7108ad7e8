/**
 * Risk profiles: what an operator chooses between. A profile sets every stage's configuration and says what its portfolios are
 * measured against. About twenty settings were tried on the development data on the way here; what follows from that for the
 * evidence stands in docs/MODELS.md, "Profiles".
 */
import { DEFAULT_FORECAST_CONFIG, type ForecastConfig } from "./forecast/index.ts";
import { DEFAULT_SHRINK_CONFIG, type ShrinkConfig } from "./forecast/shrink.ts";
import { DEFAULT_OPTIMIZE_CONFIG, type OptimizeConfig } from "./optimize/index.ts";
import { DEFAULT_POLICY_CONFIG, type PolicyConfig } from "./policy/index.ts";
import { DEFAULT_RISK_CONFIG, type RiskConfig } from "./risk/index.ts";

export const PROFILE_NAMES = ["cautious", "growth"] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];

/** What tail risk is compared with. */
export type Reference = "equal-weight" | "typical-single";

export interface TailLimit {
  readonly reference: Reference;
  /** Greatest CVaR of the horizon loss and greatest past drawdown, as multiples of the reference's. */
  readonly target: number;
  /** Multiple at which the allocation in place is mended without asking for a gain; null: never. */
  readonly mendAbove: number | null;
}

export interface Profile {
  readonly name: ProfileName;
  readonly forecast: ForecastConfig;
  /** Null plans with the raw forecasts. */
  readonly shrink: ShrinkConfig | null;
  readonly optimize: OptimizeConfig;
  readonly policy: PolicyConfig;
  readonly risk: RiskConfig;
  /** No strategy above this multiple of its equal share; null: registry caps only. */
  readonly venueMultiple: number | null;
  /** True: no more in market-priced and in unmeasured strategies than equal weight has there. */
  readonly boundsRiskyTotals: boolean;
  readonly tail: TailLimit;
}

/**
 * Cautious: equal weight, improved only where its risk does not grow. Equal weight is what few estimates beat out of sample
 * (DeMiguel, Garlappi and Uppal 2009); staying near it bounds what a wrong forecast can cost.
 */
const cautious: Profile = {
  name: "cautious",
  forecast: DEFAULT_FORECAST_CONFIG,
  shrink: DEFAULT_SHRINK_CONFIG,
  optimize: DEFAULT_OPTIMIZE_CONFIG,
  // At 5 bp each way a step of a fifth costs 2 bp, less than half of what one execution may lose by default.
  // A day's yield may come out at half of what is expected: a step that costs no more leaves NAV where it was.
  policy: { ...DEFAULT_POLICY_CONFIG, maximumTurnover: 0.2, maximumCostDays: 0.5 },
  risk: DEFAULT_RISK_CONFIG,
  venueMultiple: 2,
  boundsRiskyTotals: true,
  tail: { reference: "equal-weight", target: 1, mendAbove: 1.1 },
};

/** Growth: carry. The strategies with the highest dependable yield, with a tail no worse than holding a usual one of their class. */
const growth: Profile = {
  ...cautious,
  name: "growth",
  // Half of what one execution may lose by default.
  policy: { ...DEFAULT_POLICY_CONFIG, maximumTurnover: 0.25 },
  venueMultiple: null,
  boundsRiskyTotals: false,
  tail: { reference: "typical-single", target: 1, mendAbove: null },
};

export const PROFILES: Readonly<Record<ProfileName, Profile>> = { cautious, growth };

/** The profile with the LSTM as a member of the forecast combination, or without it: the one switch for live run and backtest. */
export const withLstm = (profile: Profile, lstm: ForecastConfig["lstm"]): Profile => ({
  ...profile,
  forecast: { ...profile.forecast, lstm },
});

/** What the live run uses unless its configuration names another. */
export const DEFAULT_PROFILE: ProfileName = "cautious";
