/**
 * Gas per leg. The keeper weighs it against yield before a proposal exists, so it cannot be estimated by simulation.
 * Measured as a whole `rebalance` of that one leg into or out of an empty position, rounded up: in a proposal of several
 * legs each costs less. test/keeper/protocols holds the numbers against the contracts.
 */
import type { LegKindName } from "../kernel/artifacts.ts";
import type { GasEstimate } from "../kernel/venue-state.ts";
import type { ProtocolId } from "./ids.ts";

const on =
  (venue: string) =>
  (units: number): GasEstimate => ({
    units,
    source: `LiquidityVault.rebalance of one leg on ${venue}, in-process chain, rounded up`,
  });
const aave = on("genuine Aave v3.0 (npm @aave/core-v3 1.19.3) with debt outstanding; 3.6 takes less");
const erc4626 = on("an ERC-4626 double; a real venue may cost more");
const gearbox = on("genuine Gearbox PoolV3 (npm @gearbox-protocol/core-v3 1.52.1)");
const lido = on("the Lido doubles; mainnet may cost more");
const uniswapV3 = on("genuine Uniswap v3 (npm), wstETH by the Lido doubles");
const uniswapV4 = on("genuine Uniswap v4 and Permit2 (npm), wstETH by the Lido doubles");
const curve = on("the double of a Curve NG pool; the recorded stETH pool takes 344,000 for an entry by itself");
const pendle = on("genuine Pendle v2 (npm), staking and queue by the Lido doubles");
const etherfi = on("the ether.fi doubles; mainnet may cost more");
const swell = on("the Swell doubles; mainnet may cost more");
const stader = on("the Stader doubles; mainnet may cost more");
const kelp = on("the Kelp doubles; mainnet may cost more");
const renzo = on("the Renzo doubles of six operators and three tokens; mainnet walks more and costs more");
const bedrock = on("the Bedrock doubles; mainnet may cost more");
const yearn = on("the Yearn v3 doubles, one strategy to leave through; mainnet may cost more");
const sommelier = on("the Cellar double; a real Cellar prices every position and costs far more");
const beefy = on("the Beefy V7 doubles; a real strategy enters and leaves its farm and costs more");
const frax = on("the Frax doubles; mainnet also updates Frax's lending side and costs more");
const puffer = on("the Puffer doubles; mainnet sums up more places and costs more");
const arrakis = on("the Arrakis and Lido doubles; a real pool costs more per range");

export const GAS: Readonly<Record<ProtocolId, Readonly<Record<LegKindName, GasEstimate | null>>>> = {
  "aave-v3": { Deallocate: aave(290_000), RequestExit: null, Allocate: aave(395_000), Reposition: null },
  erc4626: { Deallocate: erc4626(180_000), RequestExit: null, Allocate: erc4626(340_000), Reposition: null },
  gearbox: { Deallocate: gearbox(200_000), RequestExit: null, Allocate: gearbox(320_000), Reposition: null },
  lido: { Deallocate: null, RequestExit: lido(360_000), Allocate: lido(315_000), Reposition: null },
  etherfi: {
    Deallocate: etherfi(400_000),
    RequestExit: etherfi(380_000),
    Allocate: etherfi(375_000),
    Reposition: null,
  },
  swell: { Deallocate: null, RequestExit: swell(350_000), Allocate: swell(300_000), Reposition: null },
  stader: { Deallocate: null, RequestExit: stader(405_000), Allocate: stader(295_000), Reposition: null },
  kelp: { Deallocate: null, RequestExit: kelp(380_000), Allocate: kelp(290_000), Reposition: null },
  renzo: { Deallocate: null, RequestExit: renzo(890_000), Allocate: renzo(495_000), Reposition: null },
  bedrock: {
    Deallocate: bedrock(210_000),
    RequestExit: bedrock(345_000),
    Allocate: bedrock(265_000),
    Reposition: null,
  },
  "yearn-v3": { Deallocate: yearn(315_000), RequestExit: null, Allocate: yearn(315_000), Reposition: null },
  sommelier: { Deallocate: sommelier(190_000), RequestExit: null, Allocate: sommelier(275_000), Reposition: null },
  beefy: { Deallocate: beefy(215_000), RequestExit: null, Allocate: beefy(300_000), Reposition: null },
  frax: { Deallocate: null, RequestExit: frax(360_000), Allocate: frax(320_000), Reposition: null },
  puffer: { Deallocate: null, RequestExit: puffer(355_000), Allocate: puffer(285_000), Reposition: null },
  arrakis: {
    Deallocate: arrakis(260_000),
    RequestExit: arrakis(525_000),
    Allocate: arrakis(485_000),
    Reposition: null,
  },
  "uniswap-v3": {
    Deallocate: uniswapV3(905_000),
    RequestExit: null,
    Allocate: uniswapV3(945_000),
    Reposition: uniswapV3(895_000),
  },
  "uniswap-v4": {
    Deallocate: uniswapV4(710_000),
    RequestExit: null,
    Allocate: uniswapV4(785_000),
    Reposition: uniswapV4(745_000),
  },
  curve: { Deallocate: curve(295_000), RequestExit: null, Allocate: curve(435_000), Reposition: null },
  pendle: { Deallocate: null, RequestExit: pendle(720_000), Allocate: pendle(715_000), Reposition: null },
  "pendle-lp": { Deallocate: null, RequestExit: pendle(900_000), Allocate: pendle(900_000), Reposition: null },
};

const harvestOn = (venue: string, units: number): GasEstimate => ({
  units,
  source: `LiquidityVault.harvest of one strategy on ${venue}, in-process chain, rounded up`,
});

/** Where the adapter has a `harvest`. */
export const HARVEST_GAS = {
  "uniswap-v3": harvestOn("genuine Uniswap v3 (npm)", 600_000),
  "uniswap-v4": harvestOn("genuine Uniswap v4 (npm)", 500_000),
} as const satisfies Partial<Record<ProtocolId, GasEstimate>>;
