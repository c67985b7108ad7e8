/** The venues beside those that recorded markets know, one line each. */
import { deployArrakis, deployCurve, deployPendleMarket, deployUniswapV3, deployUniswapV4 } from "./pools.ts";
import { deployBedrock, deployKelp, deployRenzo, deployStader, deploySwell } from "./restaking.ts";
import { deployFrax, deployPuffer, deployYieldVaults } from "./vaults.ts";
import type { EmbeddedVenue, Site } from "./venue.ts";

/** ETH per token at the start, about those of mainnet in 2025. */
const START = {
  swell: 1_102_345_678_901_234_567n,
  rswell: 1_061_234_567_890_123_451n,
  stader: 1_064_567_890_123_456_781n,
  kelp: 1_051_456_789_012_345_679n,
  renzo: 1_052_345_678_901_234_567n,
  bedrock: 1_071_234_567_890_123_457n,
  frax: 1_131_234_567_890_123_457n,
  puffer: 1_041_234_567_890_123_457n,
} as const;

/** Deploys all of them, in the order of VENUE_KEYS. */
export async function deployVenues(site: Site): Promise<readonly EmbeddedVenue[]> {
  return [
    await deploySwell(site, "swETH", START.swell),
    await deploySwell(site, "rswETH", START.rswell),
    await deployStader(site, START.stader),
    await deployKelp(site, START.kelp),
    await deployRenzo(site, START.renzo),
    await deployBedrock(site, START.bedrock),
    await deployFrax(site, START.frax),
    await deployPuffer(site, START.puffer),
    ...(await deployYieldVaults(site)),
    await deployCurve(site),
    await deployUniswapV3(site),
    await deployUniswapV4(site),
    await deployPendleMarket(site),
    await deployArrakis(site),
  ];
}

export * from "./venue.ts";
