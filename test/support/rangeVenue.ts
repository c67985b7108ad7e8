/** The one fixture of range adapters: a pool of ether and wstETH with others' liquidity at Lido's rate, and a stranger who trades. */
import type { Contract } from "ethers";
import { openStage, type Stage } from "./accounts.ts";
import type { LidoDouble } from "./doubles.ts";
import { at } from "./genuine/artifact.ts";
import { deployWeth } from "./genuine/weth.ts";
import { sqrtPriceOf } from "./range.ts";
import type { RangeVenue } from "./rangeConformance.ts";
import { type Account, ETHER } from "./venue.ts";

/** Divides nothing evenly. */
export const RANGE_RATE = 1_163_456_789_012_345_677n;
export const RANGE_BAND_BPS = 20n;
/** Enough to move the pool through its whole depth. */
const TRADE = 150_000n * ETHER;

/** What one version of the protocol does its own way; `own` is what its own tests need besides. */
export interface RangeParts<T> {
  readonly own: T;
  readonly lido: LidoDouble;
  readonly centre: number;
  readonly etherIsToken0: boolean;
  readonly feeBps: bigint;
  readonly contract: string;
  /** Constructor arguments after vault and WETH, up to the range. */
  readonly targets: readonly unknown[];
  /** Deployment that must answer for the venue to live. */
  readonly target: string;
  /** Everyone the adapter might approve, for WETH and for wstETH. */
  readonly spenders: readonly string[];
  readonly lstSpenders: readonly string[];
  /** Square root of the pool's price, Q64.96. */
  sqrtPrice(): Promise<bigint>;
  /** Sells the token that moves the price towards `limit`, and stops there. */
  swap(isDown: boolean, amount: bigint, limit: bigint): Promise<unknown>;
  /** Somebody adds to the adapter's position, or what comes nearest to it. */
  donate(adapter: string, amount: bigint): Promise<unknown>;
}

export interface RangeStage extends Stage {
  readonly weth: Contract;
}

/** Deploys the adapter 200 ticks to either side of the price and puts the suite's venue together. */
export async function rangeVenue<T extends object>(
  prepare: (stage: RangeStage) => Promise<RangeParts<T>>,
): Promise<RangeVenue & T> {
  const stage = await openStage();
  const { connection, admin, vault, stranger } = stage;
  const { ethers } = connection;
  const weth = await deployWeth(admin);
  const parts = await prepare({ ...stage, weth });
  const { lido, centre, etherIsToken0 } = parts;
  const wstEthAddress = await lido.wstEth.getAddress();
  const lst = at(wstEthAddress, lido.wstEth.interface, admin);
  const deployed = await ethers.deployContract(parts.contract, [
    vault.address,
    await weth.getAddress(),
    ...parts.targets,
    centre - 200,
    centre + 200,
    RANGE_BAND_BPS,
  ]);
  const adapter = await deployed.getAddress();
  const trade = async (price: bigint): Promise<void> => {
    const limit = sqrtPriceOf(price, etherIsToken0);
    const now = await parts.sqrtPrice();
    if (now !== limit) await parts.swap(limit < now, TRADE, limit);
  };
  const setRate = async (rate: bigint): Promise<void> => {
    await lido.stEth.setShareRate(rate);
  };
  return {
    ...parts.own,
    connection,
    weth,
    vault,
    stranger,
    adapter: await ethers.getContractAt("IStrategyAdapter", adapter, vault),
    ranged: await ethers.getContractAt("ConcentratedAdapter", adapter, vault),
    lst,
    stEth: lido.stEth,
    rate0: RANGE_RATE,
    bandBps: RANGE_BAND_BPS,
    feeBps: parts.feeBps,
    etherIsToken0,
    centre,
    trade,
    setRate,
    smallest: 10n ** 12n,
    largest: 500n * ETHER,
    exitFeeBps: RANGE_BAND_BPS,
    dust: 10n ** 9n,
    entrySlack: (amount) => (amount * RANGE_BAND_BPS) / 10_000n,
    paysMore: true,
    target: parts.target,
    approvals: [
      { token: weth, spenders: parts.spenders },
      { token: lst, spenders: parts.lstSpenders },
    ],
    accrue: async () => {
      const rate = ((await lido.wstEth.stEthPerToken()) * 101n) / 100n + 3n;
      await setRate(rate);
      await trade(rate);
    },
    donate: async (amount) => {
      await parts.donate(adapter, amount);
    },
    closings: [
      {
        name: "Lido paused",
        close: async () => {
          await lido.stEth.pauseStaking();
        },
        exitLimit: (liquid) => liquid,
      },
      { name: "pool below the floor", close: () => trade((RANGE_RATE * 995n) / 1_000n), exitLimit: () => 0n },
    ],
  };
}

/** A token of the doubles, for `account`. */
export const tokenFor = async (token: LidoDouble["wstEth"], account: Account): Promise<Contract> =>
  at(await token.getAddress(), token.interface, account);
