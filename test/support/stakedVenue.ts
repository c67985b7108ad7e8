/** The one fixture of tokens that are bought with ether and leave through the protocol's own queue. */
import type { Interface } from "ethers";
import { openStage, type Stage } from "./accounts.ts";
import { at } from "./genuine/artifact.ts";
import { deployWeth } from "./genuine/weth.ts";
import type { Account, QueuedVenue, Venue } from "./venue.ts";

/** A double's token, as TypeChain types it. */
interface TokenDouble {
  readonly interface: Interface;
  getAddress(): Promise<string>;
  connect(account: Account): { transfer(to: string, amount: bigint): Promise<unknown> };
}

/** What one protocol does its own way; `own` is what its own tests need besides. */
export interface StakedParts<T> {
  readonly own: T;
  readonly contract: string;
  /** Constructor arguments after vault and WETH. */
  readonly targets: readonly string[];
  readonly token: TokenDouble;
  /** Everyone the adapter might approve. */
  readonly spenders: readonly string[];
  /** Rate of the fixture, WAD; `accrue` raises it by 5 % to a number that does not divide evenly. */
  readonly rate: bigint;
  setRate(rate: bigint): Promise<unknown>;
  /** Somebody stakes ether worth about `assets` for tokens. */
  buy(buyer: Account, assets: bigint): Promise<unknown>;
  /** How the venue closes, by name; a queue pays nothing at once anyway. */
  readonly closings: Readonly<Record<string, () => Promise<unknown>>>;
  /** As {@link QueuedVenue}. */
  finalize(id: bigint): Promise<unknown>;
  /** Somebody who has the tokens makes a request that belongs to `adapter`, or the nearest thing that the venue knows. */
  requestFor(stranger: Account, adapter: string, amount: bigint): Promise<unknown>;
  readonly amounts: Pick<Venue, "smallest" | "largest" | "dust"> &
    Pick<QueuedVenue, "smallestRequest" | "exitStep" | "exitsAreFixed">;
}

/** Deploys the adapter on a stage and puts the suite's venue together. */
export async function stakedVenue<T extends object>(
  prepare: (stage: Stage) => Promise<StakedParts<T>>,
): Promise<QueuedVenue & T> {
  const stage = await openStage();
  const { connection, admin, vault, stranger } = stage;
  const { ethers } = connection;
  const weth = await deployWeth(admin);
  const parts = await prepare(stage);
  const { contract, targets, token, spenders, rate } = parts;
  const deployed = await ethers.deployContract(contract, [vault.address, await weth.getAddress(), ...targets]);
  const adapter = await deployed.getAddress();
  const queued = await ethers.getContractAt("QueuedExitAdapter", adapter);
  const [target = ""] = targets;
  return {
    connection,
    weth,
    vault,
    stranger,
    adapter: await ethers.getContractAt("IStrategyAdapter", adapter, vault),
    ...parts.own,
    ...parts.amounts,
    exitFeeBps: 0n,
    target,
    approvals: [
      { token: weth, spenders },
      { token: at(await token.getAddress(), token.interface, admin), spenders },
    ],
    accrue: async () => {
      await parts.setRate((rate * 105n) / 100n + 3n);
    },
    donate: async (amount) => {
      await parts.buy(stranger, 2n * amount);
      await token.connect(stranger).transfer(adapter, amount);
    },
    closings: Object.entries(parts.closings).map(([name, close]) => ({
      name,
      close: async () => {
        await close();
      },
      exitLimit: () => 0n,
    })),
    openRequests: async () => queued.openRequests(),
    finalize: async (id) => {
      await parts.finalize(id);
    },
    setRate: async (next) => {
      await parts.setRate(next);
    },
    requestInItsName: async (amount) => {
      await parts.requestFor(stranger, adapter, amount);
    },
  };
}
