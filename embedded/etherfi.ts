/** ether.fi's double on the embedded chain, and the market's hand on it: exact daily rate, requests paid in order. */
import type { Address } from "../keeper/kernel/units.ts";
import { BlacklisterDouble__factory } from "../types/ethers-contracts/factories/test/doubles/etherfi/BlacklisterDouble__factory.ts";
import { EEthDouble__factory } from "../types/ethers-contracts/factories/test/doubles/etherfi/EEthDouble__factory.ts";
import { LiquidityPoolDouble__factory } from "../types/ethers-contracts/factories/test/doubles/etherfi/LiquidityPoolDouble__factory.ts";
import { RedemptionManagerDouble__factory } from "../types/ethers-contracts/factories/test/doubles/etherfi/RedemptionManagerDouble__factory.ts";
import { WeEthDouble__factory } from "../types/ethers-contracts/factories/test/doubles/etherfi/WeEthDouble__factory.ts";
import { WithdrawRequestNftDouble__factory } from "../types/ethers-contracts/factories/test/doubles/etherfi/WithdrawRequestNftDouble__factory.ts";
import { type Call, deploy, send } from "./block.ts";
import type { Chain } from "./chain.ts";
import { FIRST_STAKE_SHARES } from "./lido.ts";
import type { StakingVenue } from "./market/live.ts";

const WAD = 10n ** 18n;
const ETHER = WAD;
/**
 * The RedemptionManager as ether.fi set it up in October 2025 (script/stETH-withdrawals/config.s.sol of
 * github.com/etherfi-protocol/smart-contracts): a tenth of the fee to the treasury, 30 bp, 1 % of the stake untouched, 2,000 ETH
 * of bucket that refill in a day.
 */
const REDEMPTION = [1_000, 30, 100, 2_000n * ETHER, (2_000n * ETHER) / 86_400n] as const;

export interface EtherFiAddresses {
  readonly liquidityPool: Address;
  readonly eeth: Address;
  readonly weeth: Address;
  readonly withdrawRequestNft: Address;
  readonly redemptionManager: Address;
}

export interface EtherFiDeployment extends StakingVenue {
  readonly addresses: EtherFiAddresses;
}

/** Deploys the pool, eETH, weETH, the requests, blacklist and RedemptionManager at `rate` (WAD of ETH per share). Requirements: `operator` can pay what it finalizes. */
export async function deployEtherFi(chain: Chain, operator: Address, rate: bigint): Promise<EtherFiDeployment> {
  const poolCode = await new LiquidityPoolDouble__factory().getDeployTransaction();
  const liquidityPool = await deploy(chain, operator, "deploy the ether.fi pool double", poolCode.data);
  const eethCode = await new EEthDouble__factory().getDeployTransaction(liquidityPool);
  const eeth = await deploy(chain, operator, "deploy the eETH double", eethCode.data);
  const weethCode = await new WeEthDouble__factory().getDeployTransaction(eeth);
  const weeth = await deploy(chain, operator, "deploy the weETH double", weethCode.data);
  const requestsCode = await new WithdrawRequestNftDouble__factory().getDeployTransaction(liquidityPool);
  const withdrawRequestNft = await deploy(chain, operator, "deploy ether.fi's requests double", requestsCode.data);
  const blacklistCode = await new BlacklisterDouble__factory().getDeployTransaction();
  const blacklister = await deploy(chain, operator, "deploy ether.fi's blacklist double", blacklistCode.data);
  const managerCode = await new RedemptionManagerDouble__factory().getDeployTransaction(weeth, operator, ...REDEMPTION);
  const redemptionManager = await deploy(chain, operator, "deploy ether.fi's redemption double", managerCode.data);
  const pool = LiquidityPoolDouble__factory.connect(liquidityPool, chain.ethers.provider);
  const requests = WithdrawRequestNftDouble__factory.connect(withdrawRequestNft, chain.ethers.provider);
  await send(chain, {
    label: "open the ether.fi pool",
    from: operator,
    to: liquidityPool,
    data: pool.interface.encodeFunctionData("initialize", [
      eeth,
      withdrawRequestNft,
      blacklister,
      (FIRST_STAKE_SHARES * rate) / WAD,
      FIRST_STAKE_SHARES,
    ]),
  });
  await send(chain, {
    label: "name ether.fi's RedemptionManager",
    from: operator,
    to: liquidityPool,
    data: pool.interface.encodeFunctionData("setRedemptionManager", [redemptionManager]),
  });

  // Requests carry no time on chain; the block of their event does.
  const pending: { readonly id: bigint; readonly amount: bigint; readonly time: number }[] = [];
  let scannedTo = await chain.ethers.provider.getBlockNumber();
  const scan = async (): Promise<void> => {
    const latest = await chain.ethers.provider.getBlockNumber();
    if (latest <= scannedTo) return;
    const events = await requests.queryFilter(requests.filters.WithdrawRequestCreated(), scannedTo + 1, latest);
    for (const event of events) {
      const block = await event.getBlock();
      pending.push({ id: event.args.requestId, amount: event.args.amountOfEEth, time: block.timestamp });
    }
    scannedTo = latest;
  };

  return {
    name: "ether.fi",
    addresses: { liquidityPool, eeth, weeth, withdrawRequestNft, redemptionManager },
    rate: async () => await pool.amountForShare(WAD),
    rateCalls: async (next) => [
      {
        label: `ether.fi reports ${next}`,
        from: operator,
        to: liquidityPool,
        gas: 200_000n,
        data: pool.interface.encodeFunctionData("setRate", [next]),
      },
    ],
    finalizeCalls: async (time): Promise<readonly Call[]> => {
      await scan();
      const young = pending.findIndex((request) => request.time > time);
      const due = pending.splice(0, young === -1 ? pending.length : young);
      const last = due.at(-1);
      if (last === undefined) return [];
      return [
        {
          label: `ether.fi finalizes up to request ${last.id}`,
          from: operator,
          to: withdrawRequestNft,
          gas: 1_000_000n,
          // The most that claims can take; they pay less after a loss, and the rest goes to the pool.
          value: due.reduce((sum, request) => sum + request.amount, 0n),
          data: requests.interface.encodeFunctionData("finalize", [last.id]),
        },
      ];
    },
  };
}
