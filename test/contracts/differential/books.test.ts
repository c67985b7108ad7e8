/** Random lives of the vault, lived twice: on chain and in `books.ts`. Equal to the wei after every step, refusals included. */
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import { network } from "hardhat";
import type { Core, LegStruct } from "../../support/core.ts";
import { deployCore, ETHER, KIND, leg } from "../../support/core.ts";
import { Seeded } from "../../support/seeded.ts";
import type { Move, Strategy } from "./books.ts";
import { Books, Refused } from "./books.ts";

const { ethers, networkHelpers } = await network.create();
const { time } = networkHelpers;
const STEPS = Number(process.env.DIFFERENTIAL_STEPS ?? 150);
const SEEDS = (process.env.DIFFERENTIAL_SEEDS ?? "1,2,3").split(",").map(BigInt);
const IDS = [1, 2, 3, 4, 5, 6, 7, 8] as const;
const REMAINDER = (1n << 128n) - 1n;
const HOUR = 3_600n;
/** Stated, so that nothing is estimated at another second than the one chosen. */
const GAS = { gasLimit: 8_000_000n } as const;

const freshStrategy = (id: number): Strategy => ({
  riskId: id % 4,
  limits: { absoluteCap: 1_000n * ETHER, dailyInflowBudget: 1_000n * ETHER, relativeCapBps: 2_500n, lossTripBps: 50n },
  debt: 0n,
  reportedAt: 0n,
  frozen: false,
  liquid: 0n,
  pending: 0n,
  claimable: 0n,
  broken: false,
  rateDead: false,
  recovering: false,
  normalSyncs: 0,
  countedAt: 0n,
  allocateBps: 10_000n,
  payBps: 10_000n,
  requestBps: 10_000n,
  refundBps: 0n,
  inflowUsed: 0n,
  inflowAt: 0n,
});

/** One chain and one model, always asked the same. */
class TwinLives {
  readonly counts: Map<string, number> = new Map();
  books: Books;
  readonly core: Core;
  readonly people: readonly Core["depositor"][];
  readonly asModule: Core["depositor"];
  readonly random: Seeded;

  constructor(core: Core, asModule: Core["depositor"], random: Seeded) {
    this.core = core;
    this.asModule = asModule;
    this.random = random;
    this.people = [core.depositor, core.anyone, core.stranger];
    this.books = new Books(
      { bufferBps: 500n, unlockSeconds: 432_000n, minReportInterval: 3_600n, maxNavAge: 86_400n },
      { absoluteCap: 1_000n * ETHER, relativeCapBps: 4_000n },
      IDS.map(freshStrategy),
    );
  }

  person(): Core["depositor"] {
    return this.#pick(this.people);
  }

  id(): number {
    return this.#pick(IDS);
  }

  adapter(id: number): Core["adapters"][number] {
    const found = this.core.adapters[id - 1];
    if (found === undefined) throw new RangeError(`No adapter ${id}.`);
    return found;
  }

  /** The next transaction's time, chosen here so that the model knows it. */
  async next(least = 12n, most = 3n * HOUR): Promise<bigint> {
    const now = BigInt(await time.latest()) + this.random.between(least, most);
    await time.setNextBlockTimestamp(now);
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
    const key = outcome === undefined ? `${name} refused` : name;
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    return outcome?.value;
  }

  async compare(step: string): Promise<void> {
    const { vault, registry } = this.core;
    const { books } = this;
    const now = BigInt(await time.latest());
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
      pairs.push(["shares", vault.balanceOf(person.address), books.balanceOf(person.address)]);
    const actual = await Promise.all(pairs.map(([, reading]) => reading));
    for (const [index, [name, , expected]] of pairs.entries())
      expect(actual[index], `${step}: ${name}`).to.equal(expected);
  }

  // ACTS

  async deposit(): Promise<void> {
    const person = this.person();
    const assets = this.random.magnitude(1n, 200n * ETHER);
    const now = await this.next();
    const shares = await this.act(
      "deposit",
      (books) => books.deposit(person.address, assets, now),
      () => this.core.vault.connect(person).depositEth(person.address, { value: assets, ...GAS }),
    );
    if (shares !== undefined) expect(shares > 0n).to.equal(true);
  }

  async mint(): Promise<void> {
    const person = this.person();
    const shares = this.random.magnitude(1n, 10n ** 26n);
    const now = await this.next();
    await this.act(
      "mint",
      (books) => books.mint(person.address, shares, now),
      () => this.core.vault.connect(person).mint(shares, person.address, GAS),
    );
  }

  async leave(): Promise<void> {
    const person = this.person();
    const now = await this.next();
    const part = this.random.between(0n, 105n);
    if (this.random.between(0n, 1n) === 0n) {
      const shares = (this.books.maxRedeem(person.address, now) * part) / 100n;
      await this.act(
        "redeem",
        (books) => books.redeem(person.address, shares, now),
        () => this.core.vault.connect(person).redeem(shares, person.address, person.address, GAS),
      );
      return;
    }
    const assets = (this.books.toAssetsDown(this.books.balanceOf(person.address), now) * part) / 100n;
    await this.act(
      "withdraw",
      (books) => books.withdraw(person.address, assets, now),
      () => this.core.vault.connect(person).withdraw(assets, person.address, person.address, GAS),
    );
  }

  async report(): Promise<void> {
    const ids = IDS.filter(() => this.random.between(0n, 2n) !== 0n);
    const now = await this.next();
    await this.act(
      "report",
      (books) => books.report(ids, now),
      () => this.core.vault.connect(this.core.anyone).report([...ids], GAS),
    );
  }

  async claim(): Promise<void> {
    const ids = [this.id(), this.id()];
    for (const id of ids) {
      const strategy = this.books.at(id);
      await this.place(id, strategy.liquid, 0n, strategy.claimable + strategy.pending);
    }
    const now = await this.next();
    await this.act(
      "claim",
      (books) => books.claim(ids, now),
      () => this.core.vault.connect(this.core.anyone).claim(ids, GAS),
    );
  }

  async rebalance(): Promise<void> {
    const moves = this.#draw();
    if (moves.length === 0) return;
    const legs: LegStruct[] = moves.map((move) => {
      const kind = { allocate: KIND.Allocate, deallocate: KIND.Deallocate, requestExit: KIND.RequestExit }[move.kind];
      return leg(move.id, kind, move.amount === "remainder" ? REMAINDER : move.amount);
    });
    const now = await this.next();
    const { vault } = this.core;
    const refNav = this.books.nav;
    const outcome = await this.act(
      "rebalance",
      (books) => {
        const result = books.rebalance(moves, now);
        const distance = result.navBefore > refNav ? result.navBefore - refNav : refNav - result.navBefore;
        if (!result.aborted && distance > refNav) throw new Refused("Out of tolerance.");
        return result;
      },
      () => vault.connect(this.asModule).rebalance(legs, refNav, 10_000, GAS),
    );
    if (outcome?.aborted === true) this.counts.set("abort", (this.counts.get("abort") ?? 0) + 1);
  }

  async surround(): Promise<void> {
    const id = this.id();
    const strategy = this.books.at(id);
    const adapter = this.adapter(id);
    switch (Number(this.random.between(0n, 7n))) {
      case 0:
      case 1:
        return this.place(
          id,
          (strategy.liquid * this.random.between(9_960n, 10_060n)) / 10_000n,
          strategy.pending,
          strategy.claimable,
        );
      case 2:
        return this.place(
          id,
          strategy.liquid,
          (strategy.pending * this.random.between(9_000n, 10_000n)) / 10_000n,
          strategy.claimable,
        );
      case 3:
        return this.place(
          id,
          (strategy.liquid * this.random.between(5_000n, 10_500n)) / 10_000n,
          strategy.pending,
          strategy.claimable,
        );
      case 4:
        strategy.broken = !strategy.broken;
        await adapter.setReading(strategy.broken ? 1 : 0);
        return;
      case 5:
        strategy.rateDead = !strategy.rateDead;
        await adapter.setRateReverts(strategy.rateDead);
        return;
      case 6: {
        const draw = (low: bigint, high: bigint) => this.random.between(low, high);
        Object.assign(strategy, {
          allocateBps: draw(9_980n, 10_010n),
          payBps: draw(9_980n, 10_000n),
          requestBps: draw(9_980n, 10_010n),
          refundBps: draw(0n, 300n),
        });
        await adapter.setOutcome(strategy.allocateBps, strategy.payBps, strategy.requestBps, strategy.refundBps);
        return;
      }
      default: {
        // The curator brings a frozen strategy back and a donor pushes WETH onto the vault: neither moves a number.
        if (strategy.frozen) {
          await this.core.registry.connect(this.core.admin).reactivate(id);
          strategy.frozen = false;
        }
        await (await wethOf(this.core)).transfer(this.core.vault.target, this.random.magnitude(1n, ETHER));
      }
    }
  }

  async place(id: number, liquid: bigint, pending: bigint, claimable: bigint): Promise<void> {
    Object.assign(this.books.at(id), { liquid, pending, claimable });
    await this.adapter(id).setPosition(liquid, pending, claimable);
  }

  #draw(): Move[] {
    const exits = IDS.filter((id) => this.books.at(id).liquid > 0n && this.random.between(0n, 4n) === 0n);
    const amountOf = (id: number): bigint => {
      const { liquid } = this.books.at(id);
      return this.random.between(0n, 3n) === 0n ? liquid : this.random.between(1n, liquid);
    };
    const paid: Move[] = exits.map((id) => ({ kind: "deallocate", id, amount: amountOf(id) }));
    const asked: Move[] =
      this.random.between(0n, 3n) === 0n
        ? paid.splice(0).map((move): Move => ({ kind: "requestExit", id: move.id, amount: amountOf(move.id) }))
        : [];
    const targets = IDS.filter(() => this.random.between(0n, 4n) === 0n).slice(0, 3);
    const inflows: Move[] = targets.map((id, index) => ({
      kind: "allocate",
      id,
      amount:
        index === targets.length - 1 && this.random.between(0n, 5n) === 0n
          ? "remainder"
          : this.random.between(1n, this.books.idle / 4n + 1n),
    }));
    return [...paid, ...asked, ...inflows];
  }

  #pick<T>(list: readonly T[]): T {
    const found = list[Number(this.random.between(0n, BigInt(list.length - 1)))];
    if (found === undefined) throw new RangeError("Nothing to pick from.");
    return found;
  }
}

/** The genuine WETH9 under the double's types, which are the same. */
const wethOf = (core: Core) => ethers.getContractAt("WethDouble", core.weth.target);

async function twins(seed: bigint): Promise<TwinLives> {
  const core = await networkHelpers.loadFixture(base);
  const moduleAddress = await core.module.getAddress();
  await networkHelpers.impersonateAccount(moduleAddress);
  await networkHelpers.setBalance(moduleAddress, 10n ** 20n);
  const lives = new TwinLives(core, await ethers.getSigner(moduleAddress), new Seeded(seed));
  // The fixture's own deposit.
  lives.books.deposit(core.depositor.address, 100n * ETHER, 0n);
  return lives;
}

async function base(): Promise<Core> {
  const core = await deployCore(ethers, "1.5.0");
  // Curator acts of these lives come from the deployer, at once: the delay is tested elsewhere.
  await core.manager.grantRole(1n, core.admin.address, 0);
  const weth = await wethOf(core);
  await weth.deposit({ value: 5_000n * ETHER });
  // Venues hold enough to pay whatever a step says they earned.
  for (const adapter of core.adapters) await weth.transfer(adapter.target, 500n * ETHER);
  for (const person of [core.depositor, core.anyone, core.stranger]) {
    await weth.connect(person).deposit({ value: 1_000n * ETHER });
    await weth.connect(person).approve(core.vault.target, 2n ** 255n);
  }
  return core;
}

describe("The vault's books against a model", () => {
  for (const seed of SEEDS) {
    it(`agree to the wei through ${STEPS} random steps, seed ${seed}`, async function () {
      this.timeout(600_000);
      const lives = await twins(seed);
      const acts = [
        () => lives.deposit(),
        () => lives.deposit(),
        () => lives.mint(),
        () => lives.leave(),
        () => lives.report(),
        () => lives.claim(),
        () => lives.rebalance(),
        () => lives.rebalance(),
        () => lives.rebalance(),
        () => lives.surround(),
        () => lives.surround(),
      ];
      await lives.compare("start");
      for (let step = 0; step < STEPS; step += 1) {
        const chosen = Number(lives.random.between(0n, BigInt(acts.length - 1)));
        await acts[chosen]?.();
        await lives.compare(`seed ${seed}, step ${step}, act ${chosen}`);
      }
      const exits = (lives.counts.get("redeem") ?? 0) + (lives.counts.get("withdraw") ?? 0);
      expect(exits, "nobody ever left").to.be.greaterThan(0);
      for (const name of ["deposit", "mint", "report", "claim", "rebalance", "rebalance refused"]) {
        expect(lives.counts.get(name) ?? 0, `${name} never happened`).to.be.greaterThan(0);
      }
    });
  }
});
