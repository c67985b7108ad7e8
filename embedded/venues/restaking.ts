/** Staking tokens whose exits wait in queues of their own: Swell (twice), Stader, Kelp, Renzo, Bedrock. */

import { ZeroAddress } from "ethers";
import { ORACLE_KIND } from "../../deploy/plan.ts";
import { type Address, address } from "../../keeper/kernel/units.ts";
import {
  deployBedrockDouble,
  deployKelpDouble,
  deployRenzoDouble,
  deployStaderDouble,
  deploySwellDouble,
} from "../../test/support/stakingDoubles.ts";
import { createFeed, type Feed } from "../chainlink.ts";
import { dueRequests, type EmbeddedVenue, level, type Site, STAKING_GROWTH_BPS } from "./venue.ts";

const ETH_OF_KELP = "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE";
/** Kelp and Stader count blocks; here a day has some thirty of them, on mainnet 7,200. */
const BLOCKS_PER_WEEK = 200;
const WAD = 10n ** 18n;
/** Ether that the pools keep for exits, as their own validators would return it. */
const EXIT_FUNDS = 100_000n * WAD;

const priced = (feed: Feed) => ({
  kind: ORACLE_KIND.marketOfToken,
  feed: feed.proxy,
  maxRateGrowthBps: STAKING_GROWTH_BPS,
  slashBudgetBps: 50,
});
const RATE_ONLY = {
  kind: ORACLE_KIND.rateOnly,
  feed: ZeroAddress,
  maxRateGrowthBps: STAKING_GROWTH_BPS,
  slashBudgetBps: 50,
} as const;

const tokenFeed = async ({ chain, operator }: Site, description: string, rate: bigint): Promise<Feed> =>
  await createFeed(chain, operator, { decimals: 18, description, initialAnswer: rate });

async function fundWithEther({ chain, operator }: Site, target: string, amount: bigint): Promise<void> {
  const signer = await chain.ethers.getSigner(operator);
  await (await signer.sendTransaction({ to: target, value: amount })).wait();
}

export async function deploySwell(site: Site, symbol: "swETH" | "rswETH", rate: bigint): Promise<EmbeddedVenue> {
  const { operator } = site;
  const { token, queue } = await deploySwellDouble(site.chain, symbol, rate);
  const [tokenAddress, queueAddress] = [await token.getAddress(), await queue.getAddress()];
  const grow = level(rate);
  const due = dueRequests();
  return {
    key: symbol === "swETH" ? "swell" : "rswell",
    protocol: "swell",
    name: `Swell ${symbol}`,
    adapter: "SwellAdapter",
    targets: [tokenAddress, queueAddress],
    risks: symbol === "swETH" ? ["liquidStaking"] : ["liquidStaking", "restaking"],
    // Neither token has a market feed on mainnet.
    oracle: RATE_ONLY,
    feed: null,
    midnightCalls: async (day) => {
      const last = due(day, await queue.getLastTokenIdCreated());
      const finalize =
        last === null || last === 0n
          ? []
          : [
              {
                label: `Swell processes ${symbol} requests up to ${last}`,
                from: operator,
                to: address(queueAddress),
                value: await queue.etherToProcess(last),
                data: queue.interface.encodeFunctionData("processWithdrawals", [last]),
              },
            ];
      return [
        ...finalize,
        {
          label: `Swell reprices ${symbol}`,
          from: operator,
          to: address(tokenAddress),
          gas: 100_000n,
          data: token.interface.encodeFunctionData("setRate", [grow(day.growth)]),
        },
      ];
    },
  };
}

export async function deployStader(site: Site, rate: bigint): Promise<EmbeddedVenue> {
  const { operator } = site;
  const { pool, queue } = await deployStaderDouble(site.chain, rate);
  const [poolAddress, queueAddress] = [address(await pool.getAddress()), address(await queue.getAddress())];
  await fundWithEther(site, poolAddress, EXIT_FUNDS);
  const feed = await tokenFeed(site, "ETHX / ETH", rate);
  const grow = level(rate);
  return {
    key: "stader",
    protocol: "stader",
    name: "Stader ETHx",
    adapter: "StaderAdapter",
    targets: [poolAddress],
    risks: ["liquidStaking"],
    oracle: priced(feed),
    feed,
    midnightCalls: async (day) => {
      const waiting = (await queue.nextRequestIdToFinalize()) < (await queue.nextRequestId());
      const next = grow(day.growth);
      return [
        ...(waiting
          ? [
              {
                label: "Stader finalizes what its block delay allows",
                from: operator,
                to: queueAddress,
                data: queue.interface.encodeFunctionData("finalizeUserWithdrawalRequest"),
              },
            ]
          : []),
        {
          label: `Stader reports ${next}`,
          from: operator,
          to: poolAddress,
          gas: 150_000n,
          data: pool.interface.encodeFunctionData("setRate", [next]),
        },
        feed.roundCall(marketOf(next, day.ratio), day.time),
      ];
    },
  };
}

export async function deployKelp(site: Site, rate: bigint): Promise<EmbeddedVenue> {
  const { operator } = site;
  const { pool, queue } = await deployKelpDouble(site.chain, rate);
  const [poolAddress, queueAddress] = [address(await pool.getAddress()), address(await queue.getAddress())];
  await queue.setWithdrawalDelayBlocks(BLOCKS_PER_WEEK);
  await fundWithEther(site, poolAddress, EXIT_FUNDS);
  const grow = level(rate);
  return {
    key: "kelp",
    protocol: "kelp",
    name: "Kelp rsETH",
    adapter: "KelpAdapter",
    targets: [poolAddress, queueAddress],
    risks: ["liquidStaking", "restaking"],
    // rsETH lost its market feed on mainnet in 2026.
    oracle: RATE_ONLY,
    feed: null,
    midnightCalls: async (day) => {
      const [locked, unused] = [await queue.nextLockedNonce(ETH_OF_KELP), await queue.nextUnusedNonce(ETH_OF_KELP)];
      const next = grow(day.growth);
      return [
        ...(locked < unused
          ? [
              {
                label: "Kelp unlocks what its block delay allows",
                from: operator,
                to: queueAddress,
                data: queue.interface.encodeFunctionData("unlockQueue", [ETH_OF_KELP, unused]),
              },
            ]
          : []),
        {
          label: `Kelp reports ${next}`,
          from: operator,
          to: poolAddress,
          gas: 100_000n,
          data: pool.interface.encodeFunctionData("setPrice", [next]),
        },
      ];
    },
  };
}

export async function deployRenzo(site: Site, rate: bigint): Promise<EmbeddedVenue> {
  const { operator } = site;
  const { manager, queue } = await deployRenzoDouble(site.chain, rate);
  const [managerAddress, queueAddress] = [address(await manager.getAddress()), address(await queue.getAddress())];
  const feed = await tokenFeed(site, "EZETH / ETH", rate);
  const grow = level(rate);
  const due = dueRequests();
  return {
    key: "renzo",
    protocol: "renzo",
    name: "Renzo ezETH",
    adapter: "RenzoAdapter",
    targets: [managerAddress, queueAddress],
    risks: ["liquidStaking", "restaking"],
    oracle: priced(feed),
    feed,
    midnightCalls: async (day) => {
      const last = due(day, await queue.withdrawRequestNonce());
      const [, filled] = await queue.ethWithdrawQueue();
      const toFill = last === null || last === 0n ? 0n : await queue.fillAtOf(last);
      const next = grow(day.growth);
      return [
        ...(toFill > filled
          ? [
              {
                label: `Renzo fills its queue up to request ${last}`,
                from: operator,
                to: queueAddress,
                value: toFill - filled,
                data: queue.interface.encodeFunctionData("fillEthWithdrawBuffer"),
              },
            ]
          : []),
        {
          label: `Renzo reports ${next}`,
          from: operator,
          to: managerAddress,
          gas: 150_000n,
          data: manager.interface.encodeFunctionData("setRate", [next]),
        },
        feed.roundCall(marketOf(next, day.ratio), day.time),
      ];
    },
  };
}

export async function deployBedrock(site: Site, rate: bigint): Promise<EmbeddedVenue> {
  const { operator } = site;
  const { staking } = await deployBedrockDouble(site.chain, rate);
  const stakingAddress: Address = address(await staking.getAddress());
  const grow = level(rate);
  const due = dueRequests();
  return {
    key: "bedrock",
    protocol: "bedrock",
    name: "Bedrock uniETH",
    adapter: "BedrockAdapter",
    targets: [stakingAddress],
    risks: ["liquidStaking", "restaking"],
    oracle: RATE_ONLY,
    feed: null,
    midnightCalls: async (day) => {
      const [, lastDebt] = await staking.getDebtQueue();
      const last = due(day, lastDebt);
      const owed = last === null ? 0n : await staking.debtUpTo(last);
      return [
        ...(owed > 0n
          ? [
              {
                label: `Bedrock pays its debts up to ${last}`,
                from: operator,
                to: stakingAddress,
                value: owed,
                data: staking.interface.encodeFunctionData("stopValidators"),
              },
            ]
          : []),
        {
          label: "Bedrock reports its rewards",
          from: operator,
          to: stakingAddress,
          gas: 150_000n,
          data: staking.interface.encodeFunctionData("setRate", [grow(day.growth)]),
        },
      ];
    },
  };
}

/** Market price, WAD of ETH, from a rate and its ratio. */
const marketOf = (rate: bigint, ratio: number): bigint => (rate * BigInt(Math.round(ratio * 1e12))) / 10n ** 12n;
