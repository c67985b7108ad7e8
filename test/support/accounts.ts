/** A network with three rich accounts: one that drives the doubles, one that plays the vault, and a stranger. */
import { expect } from "chai";
import type { Account, Connection } from "./venue.ts";
import { connect, ETHER, fund } from "./venue.ts";

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
