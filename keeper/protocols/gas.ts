/**
 * Gas per leg. The keeper weighs it against yield before a proposal exists, so it cannot be estimated by simulation.
 * Measured as a whole `rebalance` of that one leg into or out of an empty position, rounded up: in a proposal of several
 * legs each costs less. test/keeper/protocols holds the numbers against the contracts.
 */
import type { LegKindName } from "../kernel/artifacts.ts";
import type { ProtocolId } from "./ids.ts";
import type { GasEstimate } from "./protocol.ts";

const on =
  (venue: string) =>
  (units: number): GasEstimate => ({
    units,
    source: `LiquidityVault.rebalance of one leg on ${venue}, in-process chain, rounded up`,
  });
const aave = on("genuine Aave v3 (npm @aave/core-v3 1.19.3)");
const erc4626 = on("an ERC-4626 double; a real venue may cost more");
const gearbox = on("genuine Gearbox PoolV3 (npm @gearbox-protocol/core-v3 1.52.1)");
const lido = on("the Lido doubles; mainnet may cost more");
const uniswapV3 = on("genuine Uniswap v3 (npm), wstETH by the Lido doubles");
const uniswapV4 = on("genuine Uniswap v4 and Permit2 (npm), wstETH by the Lido doubles");
const curve = on("the double of a Curve NG pool; the recorded stETH pool takes 344,000 for an entry by itself");
const pendle = on("genuine Pendle v2 (npm), staking and queue by the Lido doubles");
const etherfi = on("the ether.fi doubles; mainnet may cost more");

export const GAS: Readonly<Record<ProtocolId, Readonly<Record<LegKindName, GasEstimate | null>>>> = {
  "aave-v3": { Deallocate: aave(300_000), RequestExit: null, Allocate: aave(400_000), Reposition: null },
  erc4626: { Deallocate: erc4626(210_000), RequestExit: null, Allocate: erc4626(380_000), Reposition: null },
  gearbox: { Deallocate: gearbox(230_000), RequestExit: null, Allocate: gearbox(350_000), Reposition: null },
  lido: { Deallocate: null, RequestExit: lido(390_000), Allocate: lido(340_000), Reposition: null },
  etherfi: { Deallocate: null, RequestExit: etherfi(390_000), Allocate: etherfi(400_000), Reposition: null },
  "uniswap-v3": { Deallocate: uniswapV3(950_000), RequestExit: null, Allocate: uniswapV3(1_000_000), Reposition: null },
  "uniswap-v4": { Deallocate: uniswapV4(800_000), RequestExit: null, Allocate: uniswapV4(900_000), Reposition: null },
  curve: { Deallocate: curve(330_000), RequestExit: null, Allocate: curve(450_000), Reposition: null },
  pendle: { Deallocate: null, RequestExit: pendle(800_000), Allocate: pendle(830_000), Reposition: null },
};
