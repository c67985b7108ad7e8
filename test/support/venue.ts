/** What the conformance suite needs to know of a venue to test its adapter. */
import { expect } from "chai";
import type { Contract } from "ethers";
import { network } from "hardhat";
import type { IStrategyAdapter } from "../../types/ethers-contracts/contracts/interfaces/IStrategyAdapter.js";
import { at, send } from "./genuine/artifact.ts";
import { wrapEth } from "./genuine/weth.ts";

export { ETHER, WAD } from "./units.ts";

export const connect = () => network.create();
export type Connection = Awaited<ReturnType<typeof connect>>;
export type Account = Awaited<ReturnType<Connection["ethers"]["getSigners"]>>[number];

/** One venue, deployed, with an account that plays the vault. */
export interface Venue {
  readonly connection: Connection;
  readonly weth: Contract;
  readonly vault: Account;
  readonly stranger: Account;
  /** Connected as the vault. */
  readonly adapter: IStrategyAdapter;
  /** Smallest amount the venue takes in and out at the rate of the fixture. */
  readonly smallest: bigint;
  readonly largest: bigint;
  /** Most that a round trip may lose to fees, basis points of the value before them. */
  readonly exitFeeBps: bigint;
  /** Wei that rounding may cost per call. */
  readonly dust: bigint;
  /** Where the value of an entry has no closed form: how far it may stand from the amount less `exitFeeBps`. */
  readonly entrySlack?: (amount: bigint) => bigint;
  /** True where an exit pays what a sale fetches, which may be more than the amount. */
  readonly paysMore?: boolean;
  /** Deployment that must answer for the venue to live. */
  readonly target: string;
  /** Every token the adapter handles and everyone it might approve. */
  readonly approvals: readonly { readonly token: Contract; readonly spenders: readonly string[] }[];
  /** Raises the rate by about 5 %, to a number that does not divide evenly. */
  accrue(): Promise<void>;
  /** Sends `amount` units of the position to the adapter from outside. */
  donate(amount: bigint): Promise<void>;
  /** Stops the venue from taking assets. Returns what `maxDeallocate` must then say, given the liquid value. */
  readonly closings: readonly { readonly name: string; close(): Promise<void>; exitLimit(liquid: bigint): bigint }[];
}

/** A venue whose exits wait in a queue. */
export interface QueuedVenue extends Venue {
  /** Smallest exit the venue takes; 200 wei where it is not given. */
  readonly smallestRequest?: bigint;
  /** Exits are whole multiples of this, wei; any amount where it is not given. */
  readonly exitStep?: bigint;
  /** True where a request is a fixed claim that a later slashing does not lower. */
  readonly exitsAreFixed?: true;
  /** Ids of the adapter's open requests. */
  openRequests(): Promise<readonly bigint[]>;
  /** Finalizes all requests up to `id` at the present rate. */
  finalize(id: bigint): Promise<void>;
  /** Sets the rate, WAD. */
  setRate(rate: bigint): Promise<void>;
  /** Someone else makes a request that belongs to the adapter. */
  requestInItsName(amount: bigint): Promise<void>;
}

/** Gives `account` ether. */
export async function fund(connection: Connection, account: string, amount: bigint): Promise<void> {
  await connection.networkHelpers.setBalance(account, amount);
}

/** Wraps ether of `from` and sends it to `to`. */
export async function sendWeth(weth: Contract, from: Account, to: string, amount: bigint): Promise<void> {
  const mine = at(await weth.getAddress(), weth.interface, from);
  await wrapEth(mine, amount);
  await send(mine, "transfer", to, amount);
}

/** The vault pushes `assets` and allocates them; returns the value reported. */
export async function allocate(venue: Venue, assets: bigint, minValue = 0n): Promise<bigint> {
  await sendWeth(venue.weth, venue.vault, await venue.adapter.getAddress(), assets);
  const value = await venue.adapter.allocate.staticCall(assets, minValue);
  await (await venue.adapter.allocate(assets, minValue)).wait();
  return value;
}

/** `call` must revert with the project's error of that name and, where given, those values. */
export async function expectRefusal(
  venue: Venue,
  call: () => Promise<unknown>,
  error: string,
  args?: readonly unknown[],
): Promise<void> {
  // Looked up before the call starts: a rejection must find its handler attached.
  const errors = await venue.connection.ethers.getContractAt("Errors", await venue.adapter.getAddress());
  const refusal = expect(call()).to.be.revertedWithCustomError(errors, error);
  await (args === undefined ? refusal : refusal.withArgs(...args));
}
