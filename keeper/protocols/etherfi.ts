/** ether.fi eETH held as weETH: staking and restaking rewards, exits through the withdrawal request NFT. */
import { EtherFiAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/EtherFiAdapter__factory.ts";
import { IWeETH__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/etherfi/IEtherFi.sol/IWeETH__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { targetAt, targetOf } from "./targets.ts";

const adapterInterface = EtherFiAdapter__factory.createInterface();
const venue = IWeETH__factory.createInterface();

export const etherfi = {
  id: "etherfi",
  adapterContract: "EtherFiAdapter",
  hasAsyncExit: true,
  // The request waits for finalisation by the operator; the protocol promises no time. Set strategies[].exitDelayDays to what is seen.
  exitDelayDays: 7,
  feedPrices: "token",
  gas: GAS.etherfi,
  // eETH rebases like stETH: one or two wei per wrap and transfer.
  shortfallBps: { Deallocate: 1, RequestExit: 1, Allocate: 1, Reposition: 0 },
  targets: (adapter) => [targetOf(adapterInterface, adapter, "weEth")],
  rateAt: (targets) => viewUint(venue, targetAt("etherfi", targets, 0), "getRate"),
} as const satisfies Protocol;
