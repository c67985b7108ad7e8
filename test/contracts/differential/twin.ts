/** One chain and one model, always asked the same, and compared after each act. */
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import type { WethDouble } from "../../../types/ethers-contracts/index.ts";
import type { Core } from "../../support/core.ts";
import { BATCH_SECONDS, ETHER } from "../../support/core.ts";
import type { Seeded } from "../../support/seeded.ts";
import { Books } from "./books.ts";
import { Refused } from "./numbers.ts";
import { queuePairs, vaultPairs } from "./pairs.ts";
import { freshStrategy, IDS } from "./strategy.ts";

/** WETH each person starts with. */
export const START_WETH = 1_000n * ETHER;
const HOUR = 3_600n;

/** What lives need of the network they are lived on. */
export interface Clock {
  latest(): Promise<number>;
  latestBlock(): Promise<number>;
  setNextBlockTimestamp(time: bigint): Promise<void>;
}

export class Twin {
  readonly counts: Map<string, number> = new Map();
  books: Books;
  readonly core: Core;
  readonly people: readonly Core["depositor"][];
  readonly asModule: Core["depositor"];
  readonly random: Seeded;
  readonly clock: Clock;
  readonly weth: WethDouble;
  /** WETH that donors pushed onto the vault: nobody's. */
  donated = 0n;
  /** Whether the present block is that of an execution. */
  isBlockClosed = false;
  #closedAt = 0;

  constructor(core: Core, asModule: Core["depositor"], random: Seeded, clock: Clock, weth: WethDouble) {
    this.core = core;
    this.asModule = asModule;
    this.random = random;
    this.clock = clock;
    this.weth = weth;
    this.people = [core.depositor, core.anyone, core.stranger];
    this.books = new Books(
      {
        bufferBps: 500n,
        unlockSeconds: 432_000n,
        minReportInterval: 3_600n,
        maxNavAge: 86_400n,
        batchSeconds: BigInt(BATCH_SECONDS),
      },
      { absoluteCap: 1_000n * ETHER, relativeCapBps: 4_000n },
      IDS.map(freshStrategy),
    );
  }

  person(): Core["depositor"] {
    return this.pick(this.people);
  }

  id(): number {
    return this.pick(IDS);
  }

  adapter(id: number): Core["adapters"][number] {
    const found = this.core.adapters[id - 1];
    if (found === undefined) throw new RangeError(`No adapter ${id}.`);
    return found;
  }

  /** The next transaction's time, chosen here so that the model knows it. */
  async next(least = 12n, most = 3n * HOUR): Promise<bigint> {
    const now = BigInt(await this.clock.latest()) + this.random.between(least, most);
    await this.clock.setNextBlockTimestamp(now);
    return now;
  }

  /** Runs one act in both lives; both must agree on whether it may happen. */
  async act<T>(
    name: string,
    model: (books: Books) => T,
    send: () => Promise<ContractTransactionResponse>,
  ): Promise<T | undefined> {
    const before = this.books.copy();
    let outcome: { readonly value: T } | undefined;
    let refusal = "";
    try {
      outcome = { value: model(this.books) };
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      refusal = cause.message;
      this.books = before;
    }
    let error: unknown;
    try {
      await (await send()).wait();
    } catch (cause) {
      error = cause;
    }
    const said = error instanceof Error ? error.message : "accepted";
    expect(error === undefined, `${name}: the chain says "${said}", the model "${refusal || "accepted"}"`).to.equal(
      outcome !== undefined,
    );
    if (name === "rebalance" && outcome !== undefined) this.#closedAt = await this.clock.latestBlock();
    const key = outcome === undefined ? `${name} refused` : name;
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    return outcome?.value;
  }

  async compare(step: string): Promise<void> {
    this.isBlockClosed = (await this.clock.latestBlock()) === this.#closedAt;
    const { vault, registry } = this.core;
    const { books } = this;
    const now = BigInt(await this.clock.latest());
    const pairs: [string, Promise<bigint>, bigint][] = [
      ["idle", vault.idle(), books.idle],
      ["total debt", vault.totalDebt(), books.totalDebt],
      ["NAV", vault.nav(), books.nav],
      ["supply", vault.totalSupply(), books.supply],
      ["locked", vault.lockedProfit(), books.locked(now)],
      ["total assets", vault.totalAssets(), books.totalAssets(now)],
      ["NAV time", vault.navTimestamp(), books.totalDebt === 0n ? now : books.navTimestamp],
      ...[0, 1, 2, 3].map((risk): [string, Promise<bigint>, bigint] => [
        `risk ${risk}`,
        vault.riskDebt(risk),
        books.riskDebt(risk),
      ]),
    ];
    for (const id of IDS) {
      const strategy = books.at(id);
      pairs.push(
        [`debt ${id}`, vault.debtOf(id), strategy.debt],
        [`report ${id}`, vault.reportedAt(id), strategy.reportedAt],
      );
      pairs.push([`state ${id}`, registry.strategy(id).then((info) => info.state), strategy.frozen ? 3n : 1n]);
    }
    for (const person of this.people)
      pairs.push(
        ["shares", vault.balanceOf(person.address), books.balanceOf(person.address)],
        ["WETH", this.weth.balanceOf(person.address), START_WETH + (books.cash.get(person.address) ?? 0n)],
      );
    pairs.push(...vaultPairs(this, now), ...queuePairs(this));
    const actual = await Promise.all(pairs.map(([, reading]) => reading));
    for (const [index, [name, , expected]] of pairs.entries())
      expect(actual[index], `${step}: ${name}`).to.equal(expected);
  }

  async place(id: number, liquid: bigint, pending: bigint, claimable: bigint): Promise<void> {
    Object.assign(this.books.at(id), { liquid, pending, claimable });
    await this.adapter(id).setPosition(liquid, pending, claimable);
  }

  pick<T>(list: readonly T[]): T {
    const found = list[Number(this.random.between(0n, BigInt(list.length - 1)))];
    if (found === undefined) throw new RangeError("Nothing to pick from.");
    return found;
  }
}
