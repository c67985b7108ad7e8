/** EtherFiAdapter on ether.fi's doubles, with a pool whose ether lies below its low watermark. */

import type { EtherFiAdapter } from "../../types/ethers-contracts/contracts/adapters/EtherFiAdapter.js";
import { openStage } from "./accounts.ts";
import { deployEtherFiDouble, type EtherFiDouble } from "./doubles.ts";
import { at } from "./genuine/artifact.ts";
import { deployWeth } from "./genuine/weth.ts";
import { ETHER, type QueuedVenue } from "./venue.ts";

/** Divides nothing evenly. */
export const ETHER_FI_RATE = 1_041_234_567_890_123_457n;

export interface EtherFiVenue extends QueuedVenue {
  readonly etherFi: EtherFiDouble;
  readonly deployed: EtherFiAdapter;
}

export async function etherFiVenue(): Promise<EtherFiVenue> {
  const { connection, admin, vault, stranger } = await openStage();
  const { ethers } = connection;
  const weth = await deployWeth(admin);
  const etherFi = await deployEtherFiDouble(connection, ETHER_FI_RATE);
  const { pool, eEth, weEth, requests, redemption } = etherFi;
  const [poolAddress, eEthAddress, weEthAddress, requestsAddress, redemptionAddress] = [
    await pool.getAddress(),
    await eEth.getAddress(),
    await weEth.getAddress(),
    await requests.getAddress(),
    await redemption.getAddress(),
  ];
  const deployed = await ethers.deployContract("EtherFiAdapter", [
    vault.address,
    await weth.getAddress(),
    weEthAddress,
    redemptionAddress,
  ]);
  const adapterAddress = await deployed.getAddress();
  return {
    connection,
    weth,
    vault,
    stranger,
    etherFi,
    deployed,
    adapter: await ethers.getContractAt("IStrategyAdapter", adapterAddress, vault),
    // One wei buys no whole share.
    smallest: 2n,
    largest: 50_000n * ETHER,
    exitFeeBps: 0n,
    // The rate that a finalized request keeps has 18 digits, rounded up: a wei per share.
    dust: 12n,
    target: poolAddress,
    approvals: [
      { token: weth, spenders: [poolAddress, weEthAddress] },
      { token: at(eEthAddress, eEth.interface, admin), spenders: [poolAddress, weEthAddress, requestsAddress] },
      { token: at(weEthAddress, weEth.interface, admin), spenders: [poolAddress, requestsAddress, redemptionAddress] },
    ],
    accrue: async () => {
      await pool.setRate((ETHER_FI_RATE * 105n) / 100n + 3n);
    },
    donate: async (amount) => {
      await pool.connect(stranger)["deposit()"]({ value: 3n * amount });
      await eEth.connect(stranger).approve(weEthAddress, 2n * amount);
      await weEth.connect(stranger).wrap(2n * amount);
      await weEth.connect(stranger).transfer(adapterAddress, amount);
      await eEth.connect(stranger).transfer(adapterAddress, amount / 2n);
    },
    closings: [
      {
        name: "paused",
        close: async () => {
          await pool.pauseContract();
        },
        exitLimit: () => 0n,
      },
      {
        name: "paused for hours",
        close: async () => {
          await pool.pauseUntil();
        },
        exitLimit: () => 0n,
      },
    ],
    openRequests: async () => deployed.openRequests(),
    finalize: async (id) => {
      await requests.finalize(id, { value: await requests.etherToFinalize(id) });
    },
    setRate: async (rate) => {
      await pool.setRate(rate);
    },
    requestInItsName: async (amount) => {
      await pool.connect(stranger)["deposit()"]({ value: 2n * amount });
      await eEth.connect(stranger).approve(poolAddress, amount);
      await pool.connect(stranger).requestWithdraw(adapterAddress, amount);
    },
  };
}
