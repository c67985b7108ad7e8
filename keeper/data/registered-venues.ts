/** Which adapter stands behind each configured strategy: one request, before the venues themselves are read. */
import { ILiquidityVault__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/ILiquidityVault__factory.ts";
import { IStrategyRegistry__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/IStrategyRegistry__factory.ts";
import type { ChainClient } from "../chain/client.ts";
import { addr, struct } from "../chain/fields.ts";
import { multicall, view } from "../chain/multicall.ts";
import type { KeeperConfig } from "../config/schema.ts";
import type { Address } from "../kernel/units.ts";
import { ReadPlan } from "./state.ts";
import type { VenueRequest } from "./venue-states.ts";

const vaultInterface = ILiquidityVault__factory.createInterface();
const registryInterface = IStrategyRegistry__factory.createInterface();

export interface RegisteredVenue extends VenueRequest {
  /** As the configuration calls it. */
  readonly name: string;
}

/** @throws {RequiredReadError} when the vault or the registry does not answer at the configured address. */
export async function registeredVenues(
  client: ChainClient,
  config: KeeperConfig,
): Promise<{ readonly asset: Address; readonly venues: readonly RegisteredVenue[] }> {
  const { vault, registry, multicall: at } = config.addresses;
  const plan = new ReadPlan();
  const asset = plan.need(
    null,
    "LiquidityVault.asset",
    view(vaultInterface, vault, "asset", [], (row) => addr(row, 0)),
  );
  const adapters = config.strategies.map(({ id, name, protocol }) => {
    const adapter = plan.need(
      name,
      `StrategyRegistry.strategy(${id})`,
      view(registryInterface, registry, "strategy", [id], (row) => addr(struct(row, 0), "adapter")),
    );
    return (): RegisteredVenue => ({ strategyId: id, name, protocol, adapter: adapter() });
  });
  plan.settle(await multicall(client, at, plan.calls, "latest"));
  return { asset: asset(), venues: adapters.map((venue) => venue()) };
}
