/** Venues that hold ether in shares of their own: Frax, Puffer, Yearn, Sommelier, Beefy. */
import { ZeroAddress } from "ethers";
import { ORACLE_KIND } from "../../deploy/plan.ts";
import { address } from "../../keeper/kernel/units.ts";
import { deployFraxDouble } from "../../test/support/fraxDoubles.ts";
import { deployPufferDouble } from "../../test/support/pufferDoubles.ts";
import { deployYieldDoubles } from "../../test/support/yieldDoubles.ts";
import { BeefyStrategyDouble__factory } from "../../types/ethers-contracts/factories/test/doubles/beefy/BeefyStrategyDouble__factory.ts";
import { CellarDouble__factory } from "../../types/ethers-contracts/factories/test/doubles/sommelier/CellarDouble__factory.ts";
import { YearnV3VaultDouble__factory } from "../../types/ethers-contracts/factories/test/doubles/yearn/YearnV3VaultDouble__factory.ts";
import { dueRequests, type EmbeddedVenue, level, type Site, STAKING_GROWTH_BPS } from "./venue.ts";

const RATE_ONLY = {
  kind: ORACLE_KIND.rateOnly,
  feed: ZeroAddress,
  maxRateGrowthBps: STAKING_GROWTH_BPS,
  slashBudgetBps: 50,
} as const;
/** A claim on WETH; a bad day of a strategy below it may cost more than a validator's slashing. */
const VAULT_ORACLE = { ...RATE_ONLY, kind: ORACLE_KIND.assetDenominated, maxRateGrowthBps: 3_000 } as const;
/** What test/support/yieldDoubles.ts starts its vaults at. */
const YIELD_START = 1_051_234_567_890_123_457n;

export async function deployFrax(site: Site, rate: bigint): Promise<EmbeddedVenue> {
  const { chain, operator } = site;
  const { sfrxEth, queue, minter } = await deployFraxDouble(chain, rate);
  const [sfrxEthAddress, queueAddress] = [address(await sfrxEth.getAddress()), address(await queue.getAddress())];
  const grow = level(rate);
  return {
    key: "frax",
    protocol: "frax",
    name: "Frax sfrxETH",
    adapter: "FraxAdapter",
    targets: [await minter.getAddress(), queueAddress],
    risks: ["liquidStaking"],
    oracle: RATE_ONLY,
    feed: null,
    midnightCalls: async (day) => {
      const { ttlEthRequested, ttlEthServed } = await queue.redemptionQueueState();
      const lacking = ttlEthRequested - ttlEthServed - (await chain.ethers.provider.getBalance(queueAddress));
      return [
        ...(lacking > 0n
          ? [{ label: "Frax funds its redemption queue", from: operator, to: queueAddress, value: lacking, data: "0x" }]
          : []),
        {
          label: "Frax adds the day's rewards",
          from: operator,
          to: sfrxEthAddress,
          gas: 250_000n,
          data: sfrxEth.interface.encodeFunctionData("setRate", [grow(day.growth)]),
        },
      ];
    },
  };
}

/** Batches of one: who asks need not wait for others to fill a batch, as on a busy day. */
const PUFFER_BATCH = 1;

export async function deployPuffer(site: Site, rate: bigint): Promise<EmbeddedVenue> {
  const { operator } = site;
  const { pufEth, manager } = await deployPufferDouble(site.chain, site.weth, rate, PUFFER_BATCH);
  const [pufEthAddress, managerAddress] = [address(await pufEth.getAddress()), address(await manager.getAddress())];
  const grow = level(rate);
  const due = dueRequests();
  return {
    key: "puffer",
    protocol: "puffer",
    name: "Puffer pufETH",
    adapter: "PufferAdapter",
    targets: [pufEthAddress, managerAddress],
    risks: ["liquidStaking", "restaking"],
    oracle: RATE_ONLY,
    feed: null,
    midnightCalls: async (day) => {
      const last = due(day, (await manager.getWithdrawalsLength()) / BigInt(PUFFER_BATCH) - 1n);
      return [
        ...(last !== null && last > (await manager.getFinalizedWithdrawalBatch())
          ? [
              {
                label: `Puffer finalizes up to batch ${last}`,
                from: operator,
                to: managerAddress,
                data: manager.interface.encodeFunctionData("finalizeWithdrawals", [last]),
              },
            ]
          : []),
        {
          label: "Puffer's oracle reports",
          from: operator,
          to: pufEthAddress,
          gas: 200_000n,
          data: pufEth.interface.encodeFunctionData("setRate", [grow(day.growth)]),
        },
      ];
    },
  };
}

/** The three yield vaults over WETH; what they earn is the operator's WETH. */
export async function deployYieldVaults(site: Site): Promise<readonly EmbeddedVenue[]> {
  const { chain, operator, weth } = site;
  const deployed = await deployYieldDoubles(chain, weth);
  const vault = (
    key: "yearn" | "sommelier" | "beefy",
    protocol: "yearn-v3" | "sommelier" | "beefy",
    name: string,
    adapter: EmbeddedVenue["adapter"],
    target: string,
    driven: string,
    encode: (rate: bigint) => string,
  ): EmbeddedVenue => {
    const grow = level(YIELD_START);
    return {
      key,
      protocol,
      name,
      adapter,
      targets: [target],
      risks: ["lending"],
      oracle: VAULT_ORACLE,
      feed: null,
      midnightCalls: async (day) => [
        {
          label: `${name} earns`,
          from: operator,
          to: address(driven),
          gas: 250_000n,
          data: encode(grow(day.growth)),
        },
      ],
    };
  };
  const yearn = YearnV3VaultDouble__factory.createInterface();
  const cellar = CellarDouble__factory.createInterface();
  const beefy = BeefyStrategyDouble__factory.createInterface();
  return [
    vault("yearn", "yearn-v3", "Yearn v3 WETH", "YearnV3Adapter", deployed.yearn, deployed.yearn, (rate) =>
      yearn.encodeFunctionData("setRate", [rate]),
    ),
    vault(
      "sommelier",
      "sommelier",
      "Sommelier WETH",
      "SommelierAdapter",
      deployed.sommelier,
      deployed.sommelier,
      (rate) => cellar.encodeFunctionData("setRate", [rate]),
    ),
    vault("beefy", "beefy", "Beefy WETH", "BeefyAdapter", deployed.beefy, deployed.beefyStrategy, (rate) =>
      beefy.encodeFunctionData("setRate", [rate]),
    ),
  ];
}
