/** The one fixture of both Pendle adapters: the genuine Pendle v2 of npm over Lido's doubles. */
import { expect } from "chai";
import type { PendleMarketAdapter } from "../../types/ethers-contracts/contracts/adapters/PendleMarketAdapter.js";
import { deployLidoDouble, type LidoDouble } from "./doubles.ts";
import { at, send } from "./genuine/artifact.ts";
import { deployPendle, type PendleDeployment } from "./genuine/pendle.ts";
import { deployWeth } from "./genuine/weth.ts";
import { type Account, connect, ETHER, fund, type QueuedVenue } from "./venue.ts";

/** Divides nothing evenly. */
export const RATE = 1_163_456_789_012_345_677n;
export const DAY = 86_400;
export const WINDOW = 900;
export const BAND_BPS = 50n;

export interface PendleVenue extends QueuedVenue {
  readonly admin: Account;
  readonly lido: LidoDouble;
  readonly pendle: PendleDeployment;
  readonly deployed: PendleMarketAdapter;
  /** Constructor arguments after the vault. */
  readonly targets: readonly unknown[];
}

/** Deploys `contract` on a market of a year, 80,000 wstETH deep, whose oracle is ready. */
export async function deployPendleVenue(contract: "PendleAdapter" | "PendleLpAdapter"): Promise<PendleVenue> {
  const connection = await connect();
  const { ethers, networkHelpers } = connection;
  const [admin, vault, stranger] = await ethers.getSigners();
  if (!admin || !vault || !stranger) return expect.fail("the network has fewer than three accounts");
  for (const { address } of [admin, vault, stranger]) await fund(connection, address, 10_000_000n * ETHER);
  const weth = await deployWeth(admin);
  const wethAddress = await weth.getAddress();
  const lido = await deployLidoDouble(connection, RATE);
  const { stEth, queue } = lido;
  const wstEthAddress = await lido.wstEth.getAddress();
  const wstEth = at(wstEthAddress, lido.wstEth.interface, admin);
  await admin.sendTransaction({ to: wstEthAddress, value: 300_000n * ETHER });
  await stranger.sendTransaction({ to: wstEthAddress, value: 10_000n * ETHER });
  const pendle = await deployPendle(
    admin,
    wethAddress,
    wstEth,
    await networkHelpers.time.latest(),
    365,
    80_000n * ETHER,
    networkHelpers.setCode,
  );
  const { router, market, oracle, sy, yt } = pendle.addresses;
  await networkHelpers.time.increase(2 * WINDOW);
  const queueAddress = await queue.getAddress();
  const targets = [wethAddress, wstEthAddress, queueAddress, router, market, oracle, WINDOW, BAND_BPS];
  const adapterAddress = await (await ethers.deployContract(contract, [vault.address, ...targets])).getAddress();
  const deployed = await ethers.getContractAt("PendleMarketAdapter", adapterAddress, vault);
  const position = contract === "PendleLpAdapter" ? pendle.market : pendle.pt;
  return {
    connection,
    weth,
    vault,
    stranger,
    admin,
    lido,
    pendle,
    deployed,
    targets,
    adapter: await ethers.getContractAt("IStrategyAdapter", adapterAddress, vault),
    smallest: 10n ** 12n,
    largest: 2_000n * ETHER,
    exitFeeBps: BAND_BPS,
    // Either position gains about a billionth a second, and a call is tried a second before it is sent.
    dust: 10n ** 11n,
    entrySlack: (amount) => (amount * BAND_BPS) / 10_000n,
    target: market,
    approvals: [
      { token: weth, spenders: [router, market, sy] },
      { token: wstEth, spenders: [router, market, sy, yt, queueAddress] },
      { token: pendle.pt, spenders: [router, market, yt] },
      { token: pendle.sy, spenders: [router, market, yt] },
      { token: pendle.market, spenders: [router, market, yt] },
    ],
    accrue: async () => {
      await networkHelpers.time.increase(120 * DAY);
    },
    donate: async (amount) => {
      await send(at(await position.getAddress(), position.interface, admin), "transfer", adapterAddress, amount);
    },
    closings: [
      { name: "SY paused", close: () => send(pendle.sy, "pause"), exitLimit: () => 0n },
      {
        name: "Lido paused",
        close: async () => {
          await stEth.pauseStaking();
        },
        exitLimit: () => 0n,
      },
      {
        name: "matured",
        close: async () => {
          await networkHelpers.time.increaseTo(pendle.expiry);
        },
        exitLimit: () => 0n,
      },
    ],
    openRequests: async () => deployed.openRequests(),
    finalize: async (id) => {
      await queue["finalize(uint256)"](id, { value: await queue["etherToFinalize(uint256)"](id) });
    },
    // The queue's rate is Lido's; PT follow it downwards alone, LP with about half upwards. Callers scale what rate() said at
    // Lido's first rate.
    setRate: async (rate) => {
      await stEth.setShareRate(RATE);
      await stEth.setShareRate((RATE * rate) / (await deployed.rate()));
    },
    requestInItsName: async (amount) => {
      await stEth.connect(stranger).submit(stranger.address, { value: 2n * amount });
      await stEth.connect(stranger).approve(queueAddress, amount);
      await queue.connect(stranger).requestWithdrawals([amount], adapterAddress);
    },
  };
}
