/**
 * When to send: an optimal stopping rule over the forecast of the next hours. Waiting from hour k is worth
 * V(k) = E[min(F(k+1), V(k+1))], with V = infinity after the last hour that is allowed; send when the fee now is at most V.
 */
import type { GasForecast, SendPlan } from "../kernel/artifacts.ts";

export type SendTime =
  | { readonly kind: "send"; readonly reason: string }
  | {
      readonly kind: "wait";
      /** Cheapest expected hour, Unix seconds: for people; the rule is asked again each hour. */
      readonly until: number;
      /** Expected price when waiting by the rule, wei per gas. */
      readonly expectedFee: number;
      /** 1 - expected / now. */
      readonly expectedSaving: number;
    };

export interface ScheduleConfig {
  /** Waiting must be expected to save at least this share of the fee. */
  readonly minimumSaving: number;
  /** Hours kept between the last planned attempt and the deadline, for retries. */
  readonly reserveHours: number;
}

export const DEFAULT_SCHEDULE_CONFIG: ScheduleConfig = { minimumSaving: 0.02, reserveHours: 2 };

const HOUR = 3_600;

/** The plan as reports and people read it. */
export function sendPlan(now: number, deadline: number, forecast: GasForecast, config: ScheduleConfig): SendPlan {
  const plan = planSend(now, deadline, forecast, config);
  if (plan.kind === "send") return { now, kind: "send", until: null, expectedFee: null, reason: plan.reason };
  const { until, expectedFee, expectedSaving } = plan;
  const reason = `waiting is expected to save ${(expectedSaving * 100).toFixed(1)} % of the fee`;
  return { now, kind: "wait", until, expectedFee, reason };
}

/** Mean of min(F, cap) under the quantiles, each standing for an equal share of probability. */
function expectedMinimum(quantiles: readonly { readonly fee: number }[], cap: number): number {
  return quantiles.reduce((sum, { fee }) => sum + Math.min(fee, cap), 0) / quantiles.length;
}

/**
 * @param now fee of the next block, wei per gas.
 * @param deadline Unix seconds after which the transaction is worth nothing.
 */
export function planSend(now: number, deadline: number, forecast: GasForecast, config: ScheduleConfig): SendTime {
  const allowed = forecast.hours.filter(({ timestamp }) => timestamp <= deadline - config.reserveHours * HOUR);
  if (allowed.length === 0) return { kind: "send", reason: "the deadline leaves no hour to wait for" };
  const waiting = [...allowed]
    .reverse()
    .reduce((value, { quantiles }) => expectedMinimum(quantiles, value), Number.POSITIVE_INFINITY);
  const saving = 1 - waiting / now;
  if (!(saving >= config.minimumSaving)) {
    return {
      kind: "send",
      reason: `waiting is expected to save ${(Math.max(0, saving) * 100).toFixed(1)} %, below ${(config.minimumSaving * 100).toFixed(1)} %`,
    };
  }
  const middle = ({ quantiles }: GasForecast["hours"][number]): number =>
    quantiles[Math.floor(quantiles.length / 2)]?.fee ?? Number.POSITIVE_INFINITY;
  const cheapest = allowed.reduce((best, hour) => (middle(hour) < middle(best) ? hour : best));
  return { kind: "wait", until: cheapest.timestamp, expectedFee: waiting, expectedSaving: saving };
}
