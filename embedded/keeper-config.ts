/** The keeper's configuration for an engine on the embedded chain, as the JSON an operator would write. */
import { parseConfig } from "../keeper/config/load.ts";
import type { KeeperConfig } from "../keeper/config/schema.ts";
import type { EngineAddresses } from "./engine.ts";
import type { World } from "./world.ts";

export interface KeeperConfigOptions {
  readonly seed: number;
  readonly historyDays: number;
  readonly txLog: string;
}

export const EMBEDDED_HORIZON_DAYS = 30;

export function keeperConfigFor(world: World, engine: EngineAddresses, options: KeeperConfigOptions): KeeperConfig {
  return parseConfig(
    {
      rpcUrls: [world.chain.url],
      rpc: { timeoutMs: 30_000, maxBatch: 25 },
      chainId: world.chain.chainId,
      addresses: {
        vault: engine.vault,
        registry: engine.registry,
        guard: engine.guard,
        module: engine.module,
        multicall: world.addresses.multicall3,
      },
      strategies: engine.strategies.map(({ id, protocol, name }) => ({ id, protocol, name })),
      history: { days: options.historyDays, gasDays: 15 },
      horizonDays: EMBEDDED_HORIZON_DAYS,
      limits: { gasCapGwei: 300, maxLossBps: 5, navToleranceBps: 50, ttlSeconds: 3 * 86_400 - 3_600, minLegEth: 1 },
      risk: { beta: 0.95, maxVar: 0.03, maxCvar: 0.05, maxDrawdown: 0.05 },
      objective: "mean-variance",
      seed: options.seed,
      deploymentBlock: engine.deployedAt,
      txLog: options.txLog,
    },
    "the embedded chain",
  );
}
