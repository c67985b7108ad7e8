/** Waiting for a cheap hour: the rule of keeper/execute/schedule.ts, asked again each hour until it says send. */
import type { ChainClient } from "../chain/client.ts";
import { readGasHistory } from "../data/gas-history.ts";
import { DEFAULT_SCHEDULE_CONFIG, sendPlan } from "../execute/schedule.ts";
import { DEFAULT_GAS_FORECAST_CONFIG, forecastGas, TooLittleGasHistoryError } from "../forecast/gas.ts";
import type { Clock } from "../kernel/clock.ts";
import { progress } from "./output.ts";

export interface Waited {
  /** Base fee when asked first and when sending, wei per gas. */
  readonly feeAtFirst: number;
  readonly feeAtSend: number;
  readonly hours: number;
  readonly reason: string;
  readonly text: string;
}

const HOUR = 3_600;
const gwei = (fee: number): string => `${(fee / 1e9).toFixed(2)} gwei`;

/** @param task.deadline Unix seconds by the chain's clock. */
export async function waitForCheapHour(
  client: Pick<ChainClient, "header" | "batch" | "maxBatch">,
  task: { readonly deadline: number; readonly gasDays: number },
  clock: Pick<Clock, "sleep">,
): Promise<Waited> {
  let first: number | null = null;
  for (let hours = 0; ; hours += 1) {
    const { now, timestamps, baseFees } = await readGasHistory(client, task.gasDays);
    const fee = Number(now.baseFee);
    first ??= fee;
    const done = (reason: string): Waited => {
      const text = `gas ${gwei(fee)} after ${hours} h of waiting, ${gwei(first ?? fee)} at first: ${reason}`;
      return { feeAtFirst: first ?? fee, feeAtSend: fee, hours, reason, text };
    };
    try {
      const predicted = forecastGas(timestamps, baseFees.map(Number), DEFAULT_GAS_FORECAST_CONFIG);
      const plan = sendPlan(fee, task.deadline, predicted, DEFAULT_SCHEDULE_CONFIG);
      if (plan.kind !== "wait" || plan.until === null) return done(plan.reason);
      progress(
        `gas ${gwei(fee)}, expected ${gwei(plan.expectedFee ?? fee)}: ${plan.reason}; cheapest about ${new Date(plan.until * 1000).toISOString().slice(11, 16)} UTC`,
      );
    } catch (error) {
      // Without a forecast patience is a guess, and the deadline is certain.
      if (error instanceof TooLittleGasHistoryError) return done(error.message);
      throw error;
    }
    await clock.sleep((HOUR - (now.timestamp % HOUR)) * 1_000);
  }
}
