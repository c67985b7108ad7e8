/** A sender from the keeper's configuration: one place for time-outs, fees and confirmations. */
import type { Wallet } from "ethers";
import type { Clock } from "../kernel/clock.ts";
import type { ChainClient } from "./client.ts";
import type { Sender } from "./send.ts";

const GWEI = 1_000_000_000n;
const MIN_TIP = GWEI / 100n;
const MAX_TIP = 3n * GWEI;

export interface SenderSettings {
  readonly txLog: string;
  readonly limits: { readonly gasCapGwei: number };
}

export function createSender(
  client: ChainClient,
  signer: Wallet,
  settings: SenderSettings,
  clock: Clock,
  pace: { readonly waitMs?: number; readonly pollMs?: number; readonly confirmations?: number } = {},
): Sender {
  return {
    client,
    signer,
    clock,
    options: {
      logFile: settings.txLog,
      fees: { cap: BigInt(Math.round(settings.limits.gasCapGwei * 1e9)), minTip: MIN_TIP, maxTip: MAX_TIP },
      waitMs: pace.waitMs ?? 60_000,
      pollMs: pace.pollMs ?? 2_000,
      maxBumps: 5,
      confirmations: pace.confirmations ?? 1,
    },
  };
}
