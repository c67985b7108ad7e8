/** Deploys the doubles of the staking tokens with queues: Swell, Stader, Renzo, Bedrock, Kelp. */
import { expect } from "chai";
import type { Account, Connection } from "./venue.ts";
import { connect, ETHER, fund } from "./venue.ts";

/** About the size of the protocols, so that one user's rounding is as small as there. */
export const FIRST_SUPPLY = 1_000_000n * ETHER + 7n;

export interface Stage {
  readonly connection: Connection;
  readonly admin: Account;
  readonly vault: Account;
  readonly stranger: Account;
}

/** A network with three rich accounts. */
export async function openStage(): Promise<Stage> {
  const connection = await connect();
  const [admin, vault, stranger] = await connection.ethers.getSigners();
  if (!admin || !vault || !stranger) return expect.fail("the network has fewer than three accounts");
  for (const { address } of [admin, vault, stranger]) await fund(connection, address, 10_000_000n * ETHER);
  return { connection, admin, vault, stranger };
}

/** swETH or rswETH with its queue, at `rate`; everyone's whitelist is off, as on mainnet for deposits. */
export async function deploySwellDouble({ ethers }: Connection, symbol: "swETH" | "rswETH", rate: bigint) {
  const access = await ethers.deployContract("SwellAccessDouble");
  const accessAddress = await access.getAddress();
  const token = await ethers.deployContract("SwellTokenDouble", [symbol, accessAddress]);
  const exitSymbol = symbol === "swETH" ? "swEXIT" : "rswEXIT";
  const queue = await ethers.deployContract("SwellExitDouble", [exitSymbol, await token.getAddress(), accessAddress]);
  await token.disableWhitelist();
  await queue.disableWhitelist();
  await token.setRate(rate);
  return { access, token, queue };
}

export type SwellDouble = Awaited<ReturnType<typeof deploySwellDouble>>;
