/** Everything the engine needs around it, deployed on a chain of its own and lived through to a chosen day. */
import type { Contract } from "ethers";
import { type Address, address, SECONDS_PER_DAY, toWad } from "../keeper/kernel/units.ts";
import { type AaveDeployment, deployAave } from "../test/support/genuine/aave.ts";
import { deployGearbox, type GearboxDeployment } from "../test/support/genuine/gearbox.ts";
import { deployWeth } from "../test/support/genuine/weth.ts";
import { type Chain, type ChainAccount, startChain } from "./chain.ts";
import { createFeed, type Feed } from "./chainlink.ts";
import { MarketParameterError } from "./errors.ts";
import { deployEtherFi, type EtherFiDeployment } from "./etherfi.ts";
import { deployLido, type LidoDeployment } from "./lido.ts";
import { createAaveDemand } from "./market/aave-demand.ts";
import { createGearboxDemand } from "./market/gearbox-demand.ts";
import { createDriver, type Driver } from "./market/live.ts";
import { firstDay, type Market } from "./market/market.ts";
import { type RecordedMarket, recordedMarket } from "./market/recorded.ts";
import { syntheticMarket } from "./market/synthetic.ts";
import { deployMulticall3 } from "./multicall.ts";
import { toQuantity } from "./pace.ts";
import { createSafe, deploySafeInfrastructure, type SafeContractNetworks } from "./safe.ts";
import { deployVenues, type EmbeddedVenue } from "./venues/index.ts";

const ETHER = 10n ** 18n;
const AAVE_SUPPLY = 100_000n * ETHER;
const GEARBOX_SUPPLY = 50_000n * ETHER;
/** The market's own accounts never run dry. */
const MARKET_FUNDS = 50_000_000n * ETHER;
const STAKING_DECIMALS = 18;
const USD_DECIMALS = 8;

/** Who plays whom among the chain's accounts; the vault's people first, the market's people last. */
export const CAST = {
  // First: who deploys a double with Hardhat's default signer drives its market side.
  marketOperator: 0,
  firstOwner: 1,
  secondOwner: 2,
  thirdOwner: 3,
  keeper: 4,
  executor: 5,
  guardian: 6,
  firstDepositor: 7,
  secondDepositor: 8,
  thirdDepositor: 9,
  curator: 10,
  treasury: 11,
  deployer: 16,
  whale: 17,
  aaveBorrower: 18,
  gearboxBorrower: 19,
} as const;
export type Role = keyof typeof CAST;

export type WorldOptions = {
  /** Days lived through before the world is handed over. */
  readonly historyDays: number;
  readonly port?: number;
} & (
  | { readonly seed: number; readonly marketDir?: never }
  | { readonly marketDir: string; readonly assumedQueueDelayDays: number; readonly seed?: never }
);

/** Addresses only, as JSON: what deployment scripts and the keeper's configuration are given. */
export interface WorldAddresses {
  readonly chainId: number;
  readonly url: string;
  readonly weth: Address;
  readonly multicall3: Address;
  readonly safe: Address;
  readonly safeContractNetworks: SafeContractNetworks;
  readonly aave: { readonly pool: Address; readonly provider: Address; readonly aToken: Address };
  /** Null when the market records no Gearbox. */
  readonly gearbox: { readonly pool: Address } | null;
  readonly lido: LidoDeployment["addresses"];
  readonly etherFi: EtherFiDeployment["addresses"];
  /** Chainlink proxies; ETH/USD is null when the market records none. */
  readonly feeds: { readonly stethEth: Address; readonly weethEth: Address; readonly ethUsd: Address | null };
}

export interface World {
  readonly chain: Chain;
  readonly market: Market;
  /** The market again, with its mapping and what holding earned, when it is a recorded one. */
  readonly recorded: RecordedMarket | null;
  readonly driver: Driver;
  /** Venues beside the four above; none in a recorded market, which knows nothing of them. */
  readonly venues: readonly EmbeddedVenue[];
  readonly addresses: WorldAddresses;
  /** Handles for tests and demonstrations that act as the market. */
  readonly handles: {
    readonly weth: Contract;
    readonly aave: AaveDeployment;
    readonly gearbox: GearboxDeployment | null;
    readonly lido: LidoDeployment;
    readonly etherFi: EtherFiDeployment;
    readonly feeds: { readonly stethEth: Feed; readonly weethEth: Feed; readonly ethUsd: Feed | null };
  };
  account(role: Role): ChainAccount;
  close(): Promise<void>;
}

/**
 * Starts a chain a day before the market, deploys, opens the market and lives through `historyDays`.
 * @throws {MarketExhaustedError} when the market is shorter than that.
 */
export async function createWorld(options: WorldOptions): Promise<World> {
  const recorded =
    options.marketDir === undefined
      ? null
      : recordedMarket({ directory: options.marketDir, assumedQueueDelayDays: options.assumedQueueDelayDays });
  const market: Market = recorded ?? syntheticMarket({ seed: options.seed ?? 0 });
  const opening = firstDay(market);
  const chain = await startChain({
    initialDate: new Date((opening.start - SECONDS_PER_DAY) * 1000),
    ...(options.port === undefined ? {} : { port: options.port }),
  });
  try {
    const world = { ...(await populate(chain, market)), recorded };
    await world.driver.advance(options.historyDays);
    return world;
  } catch (failure) {
    await chain.close();
    throw failure;
  }
}

async function populate(chain: Chain, market: Market): Promise<Omit<World, "recorded">> {
  const account = (role: Role): ChainAccount => {
    const found = chain.accounts[CAST[role]];
    if (found === undefined)
      throw new MarketParameterError("role", role, "The chain has too few accounts for the cast.");
    return found;
  };
  const of = (role: Role): Address => account(role).address;
  const operator = of("marketOperator");
  for (const role of ["marketOperator", "whale", "aaveBorrower", "gearboxBorrower"] as const) {
    await chain.request("hardhat_setBalance", of(role), toQuantity(MARKET_FUNDS));
  }

  const safeContractNetworks = await deploySafeInfrastructure(chain, of("deployer"));
  const multicall3 = await deployMulticall3(chain, of("deployer"));
  const owners = [of("firstOwner"), of("secondOwner"), of("thirdOwner")];
  const safe = await createSafe(chain, of("deployer"), { owners, threshold: 2 });

  const operatorSigner = await chain.ethers.getSigner(operator);
  const weth = await deployWeth(operatorSigner);
  const wethAddress = address(await weth.getAddress());
  const aave = await deployAave(operatorSigner, wethAddress);
  const aaveDemand = await createAaveDemand(chain, aave, weth, {
    whale: of("whale"),
    borrower: of("aaveBorrower"),
    supply: AAVE_SUPPLY,
  });
  const { gearbox, gearboxDemand } = await populateGearbox(chain, market, weth, of("whale"), of("gearboxBorrower"));

  const { initial } = market;
  const lido = await deployLido(chain, operator, toWad(initial.stethRate));
  const etherFi = await deployEtherFi(chain, operator, toWad(initial.weethRate));
  const ethFeed = async (description: string, price: number) =>
    await createFeed(chain, operator, { decimals: STAKING_DECIMALS, description, initialAnswer: toWad(price) });
  const feeds = {
    stethEth: await ethFeed("STETH / ETH", initial.stethPrice),
    weethEth: await ethFeed("WEETH / ETH", initial.weethRatio * initial.weethRate),
    ethUsd:
      initial.ethUsd === null
        ? null
        : await createFeed(chain, operator, {
            decimals: USD_DECIMALS,
            description: "ETH / USD",
            initialAnswer: BigInt(Math.round(initial.ethUsd * 10 ** USD_DECIMALS)),
          }),
  };
  const venues =
    firstDay(market).venues === null
      ? []
      : await deployVenues({
          chain,
          operator,
          weth: wethAddress,
          lido,
          stakingRate: toWad(initial.stethRate),
          stakingFeed: feeds.stethEth,
        });
  const driver = await createDriver(
    chain,
    {
      venues,
      steth: lido,
      weeth: etherFi,
      aave: aaveDemand,
      gearbox: gearboxDemand,
      stethEth: feeds.stethEth,
      weethEth: feeds.weethEth,
      ethUsd: feeds.ethUsd,
    },
    market,
  );

  const addresses: WorldAddresses = {
    chainId: chain.chainId,
    url: chain.url,
    weth: wethAddress,
    multicall3,
    safe,
    safeContractNetworks,
    aave: {
      pool: address(aave.addresses.pool),
      provider: address(aave.addresses.provider),
      aToken: address(aave.addresses.aToken),
    },
    gearbox: gearbox === null ? null : { pool: address(gearbox.addresses.pool) },
    lido: lido.addresses,
    etherFi: etherFi.addresses,
    feeds: { stethEth: feeds.stethEth.proxy, weethEth: feeds.weethEth.proxy, ethUsd: feeds.ethUsd?.proxy ?? null },
  };
  return {
    chain,
    market,
    driver,
    venues,
    addresses,
    account,
    handles: { weth, aave, gearbox, lido, etherFi, feeds },
    close: () => chain.close(),
  };
}

/** A venue without a recorded series is not deployed: an idle pool would look like one that pays nothing. */
async function populateGearbox(chain: Chain, market: Market, weth: Contract, whale: Address, borrower: Address) {
  if (firstDay(market).gearboxSupplyRate === null) return { gearbox: null, gearboxDemand: null };
  const gearbox = await deployGearbox(await chain.ethers.getSigner(borrower), await weth.getAddress());
  return {
    gearbox,
    gearboxDemand: await createGearboxDemand(chain, gearbox, weth, { whale, borrower, supply: GEARBOX_SUPPLY }),
  };
}
