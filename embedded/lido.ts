/** Lido's double on the embedded chain, and the market's hand on it: exact daily rate, queue paid in order. */
import type { Address } from "../keeper/kernel/units.ts";
import { StEthDouble__factory } from "../types/ethers-contracts/factories/test/doubles/lido/StEthDouble__factory.ts";
import { WithdrawalQueueDouble__factory } from "../types/ethers-contracts/factories/test/doubles/lido/WithdrawalQueueDouble__factory.ts";
import { WstEthDouble__factory } from "../types/ethers-contracts/factories/test/doubles/lido/WstEthDouble__factory.ts";
import { type Call, deploy, send } from "./block.ts";
import type { Chain } from "./chain.ts";
import type { StakingVenue } from "./market/live.ts";

/** First stake in shares: large against any vault, so that rounding stays below a wei per share. */
export const FIRST_STAKE_SHARES = 1_000_000n * 10n ** 18n;
const WAD_TO_E27 = 1_000_000_000n;
const WAD = 10n ** 18n;
/** Requests read per call: enough for a day, small enough for any node's gas limit on calls. */
const STATUS_BATCH = 200n;

export interface LidoAddresses {
  readonly steth: Address;
  readonly wsteth: Address;
  readonly withdrawalQueue: Address;
}

export interface LidoDeployment extends StakingVenue {
  readonly addresses: LidoAddresses;
}

/** Deploys stETH, wstETH and the queue at `rate` (WAD of ETH per share). Requirements: `operator` can pay what it finalizes. */
export async function deployLido(chain: Chain, operator: Address, rate: bigint): Promise<LidoDeployment> {
  const pooled = (FIRST_STAKE_SHARES * rate) / WAD;
  const stethCode = await new StEthDouble__factory().getDeployTransaction(pooled, FIRST_STAKE_SHARES);
  const steth = await deploy(chain, operator, "deploy the stETH double", stethCode.data);
  const wstethCode = await new WstEthDouble__factory().getDeployTransaction(steth);
  const wsteth = await deploy(chain, operator, "deploy the wstETH double", wstethCode.data);
  const queueCode = await new WithdrawalQueueDouble__factory().getDeployTransaction(wsteth);
  const withdrawalQueue = await deploy(chain, operator, "deploy Lido's queue double", queueCode.data);
  const token = StEthDouble__factory.connect(steth, chain.ethers.provider);
  const queue = WithdrawalQueueDouble__factory.connect(withdrawalQueue, chain.ethers.provider);
  await send(chain, {
    label: "name Lido's queue",
    from: operator,
    to: steth,
    data: token.interface.encodeFunctionData("setWithdrawalQueue", [withdrawalQueue]),
  });

  /** Last request made at or before `time`; requests are served in order. */
  const lastRequestUntil = async (time: number): Promise<bigint> => {
    const finalized = await queue.getLastFinalizedRequestId();
    const last = await queue.getLastRequestId();
    let due = finalized;
    while (due < last) {
      const size = last - due < STATUS_BATCH ? last - due : STATUS_BATCH;
      const first = due + 1n;
      const statuses = await queue.getWithdrawalStatus(
        Array.from({ length: Number(size) }, (_, index) => first + BigInt(index)),
      );
      const young = statuses.findIndex((status) => status.timestamp > BigInt(time));
      if (young !== -1) return due + BigInt(young);
      due += size;
    }
    return due;
  };

  return {
    name: "Lido",
    addresses: { steth, wsteth, withdrawalQueue },
    rate: async () => await token.getPooledEthByShares(WAD),
    rateCalls: async (next) => [
      {
        label: `Lido reports ${next}`,
        from: operator,
        to: steth,
        gas: 200_000n,
        data: token.interface.encodeFunctionData("setShareRate", [next]),
      },
    ],
    finalizeCalls: async (time, next): Promise<readonly Call[]> => {
      const due = await lastRequestUntil(time);
      if (due === (await queue.getLastFinalizedRequestId())) return [];
      // The rate is named, so that what has to be paid does not depend on the order of calls within the block.
      const maxShareRate = next * WAD_TO_E27;
      return [
        {
          label: `Lido finalizes up to request ${due}`,
          from: operator,
          to: withdrawalQueue,
          gas: 5_000_000n,
          value: await queue["etherToFinalize(uint256,uint256)"](due, maxShareRate),
          data: queue.interface.encodeFunctionData("finalize(uint256,uint256)", [due, maxShareRate]),
        },
      ];
    },
  };
}
