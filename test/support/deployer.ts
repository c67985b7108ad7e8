/** What the deployers of doubles need of a network; its first account drives the market side of what they deploy. */
import type { HardhatEthers } from "@nomicfoundation/hardhat-ethers/types";
import { GenuineAccountMissingError } from "./genuine/errors.ts";

export interface Deployer {
  readonly ethers: HardhatEthers;
}

export type Account = Awaited<ReturnType<HardhatEthers["getSigners"]>>[number];

/** @throws {GenuineAccountMissingError} when the network has too few accounts. */
export async function accountAt({ ethers }: Deployer, index: number): Promise<Account> {
  const account = (await ethers.getSigners())[index];
  if (account === undefined) throw new GenuineAccountMissingError(index);
  return account;
}
