/** Random acts of people, venues, curator and guardian, done in both lives. */
import { expect } from "chai";
import type { LegStruct } from "../../support/core.ts";
import { ETHER, KIND, leg } from "../../support/core.ts";
import { Refused } from "./numbers.ts";
import type { Move } from "./strategy.ts";
import { IDS } from "./strategy.ts";
import { Twin } from "./twin.ts";

const REMAINDER = (1n << 128n) - 1n;
const HOUR = 3_600n;
const DAY = 24n * HOUR;
/** Stated, so that nothing is estimated at another second than the one chosen. */
const GAS = { gasLimit: 8_000_000n } as const;

export class TwinLives extends Twin {
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
        const gift = this.random.magnitude(1n, ETHER);
        await this.weth.transfer(this.core.vault.target, gift);
        this.donated += gift;
      }
    }
  }

  // QUEUE

  async request(): Promise<void> {
    const person = this.person();
    // Now and then everything, so that the queue is owed more than idle.
    const part = this.random.between(0n, 2n) === 0n ? 100n : this.random.between(0n, 60n);
    const shares = (this.books.balanceOf(person.address) * part) / 100n;
    const now = await this.next();
    await this.act(
      "request",
      (books) => books.request(person.address, shares, now),
      () => this.core.queue.connect(person).requestRedeem(shares, person.address, person.address, GAS),
    );
  }

  async cancel(): Promise<void> {
    const person = this.person();
    const last = this.books.queue.batches.length;
    if (last === 0) return;
    const id = Number(this.random.between(BigInt(Math.max(1, last - 2)), BigInt(last)));
    const shares = (this.books.queue.of(id, person.address) * this.random.between(1n, 110n)) / 100n;
    await this.next();
    await this.act(
      "cancel",
      (books) => books.cancel(id, person.address, shares),
      () => this.core.queue.connect(person).cancelRedeemRequest(id, shares, person.address, person.address, GAS),
    );
  }

  /** Often right after a report of everything, or few batches would ever be priced. */
  async price(): Promise<void> {
    if (this.random.between(0n, 3n) !== 0n) {
      const now = await this.next(HOUR, 8n * HOUR);
      await this.act(
        "report",
        (books) => books.report(IDS, now),
        () => this.core.vault.connect(this.core.anyone).report([...IDS], GAS),
      );
    }
    const now = await this.next(12n, 60n);
    await this.act(
      "price",
      (books) => books.price(now),
      () => this.core.queue.connect(this.core.anyone).price(GAS),
    );
  }

  async fund(): Promise<void> {
    await this.next();
    const isOwed = this.books.owed !== 0n;
    const paid = await this.act(
      "fund",
      (books) => books.fund(),
      () => this.core.queue.connect(this.core.anyone).fund(GAS),
    );
    if (isOwed && paid !== undefined) this.counts.set("fund of a debt", (this.counts.get("fund of a debt") ?? 0) + 1);
  }

  async claimFromQueue(): Promise<void> {
    const person = this.person();
    const { queue } = this.core;
    const oldest = this.books.queue.oldest(person.address);
    const held = this.books.queue.of(oldest, person.address);
    await this.next();
    const way = Number(this.random.between(0n, 2n));
    if (way === 0) {
      const id = Number(this.random.between(0n, BigInt(this.books.queue.batches.length)));
      await this.act(
        "claim by number",
        (books) => books.claimRequest(id, person.address),
        () => queue.connect(person).claimRequest(id, person.address, person.address, GAS),
      );
    } else if (way === 1) {
      const shares = (held * this.random.between(1n, 103n)) / 100n;
      await this.act(
        "claim of shares",
        (books) => books.claimShares(person.address, shares),
        () => queue.connect(person).redeem(shares, person.address, person.address, GAS),
      );
    } else {
      const batch = this.books.queue.batches[oldest - 1];
      const worth = batch === undefined || batch.shares === 0n ? 1n : (batch.assets * held) / batch.shares;
      const assets = (worth * this.random.between(1n, 103n)) / 100n;
      await this.act(
        "claim of assets",
        (books) => books.claimAssets(person.address, assets),
        () => queue.connect(person).withdraw(assets, person.address, person.address, GAS),
      );
    }
  }

  // IN KIND, FREEZE, FEES

  async leaveInKind(): Promise<void> {
    const person = this.person();
    const shares = (this.books.balanceOf(person.address) * this.random.between(1n, 40n)) / 100n;
    const now = await this.next();
    await this.act(
      "in kind",
      (books) => books.redeemInKind(person.address, shares, now),
      () => this.core.vault.connect(person).redeemInKind(shares, person.address, person.address, 0n, GAS),
    );
  }

  async collect(): Promise<void> {
    const person = this.person();
    await this.next();
    await this.act(
      "collect",
      (books) => books.collect(person.address, IDS),
      () => this.core.vault.connect(person).collectInKind([...IDS], person.address, GAS),
    );
  }

  /** A freeze, an in-kind exit or two, and the way back; or a week in which nobody reports. */
  async trouble(): Promise<void> {
    const { vault } = this.core;
    if (this.random.between(0n, 3n) === 0n) {
      await this.next(DAY, 8n * DAY);
      await this.core.vault.connect(this.core.anyone).claim([], GAS);
      await this.leaveInKind();
      return;
    }
    await this.next();
    await this.act(
      "freeze",
      (books) => {
        books.isFrozen = true;
      },
      () => vault.connect(this.core.guardian).freeze(GAS),
    );
    for (const act of [() => this.deposit(), () => this.leave(), () => this.leaveInKind(), () => this.report()])
      await act();
    if (this.random.between(0n, 1n) === 0n) await this.rebalance();
    await this.leaveInKind();
    await this.next();
    await this.act(
      "unfreeze",
      (books) => {
        books.isFrozen = false;
      },
      () => vault.connect(this.core.admin).unfreeze(GAS),
    );
  }

  async setFees(): Promise<void> {
    const { vault } = this.core;
    const [management, performance] = [this.random.between(0n, 200n), this.random.between(0n, 2_000n)];
    const now = await this.next();
    const { recipient, managementBps, performanceBps } = this.books.fees;
    const way = Number(this.random.between(0n, 2n));
    if (way === 0) {
      const next = this.pick([this.core.keeper.address, this.core.curator.address]);
      await this.act(
        "fee recipient",
        (books) => books.setFees({ recipient: next, managementBps, performanceBps }, now),
        () => vault.connect(this.core.admin).setFeeRecipient(next, GAS),
      );
    } else if (way === 1) {
      await this.act(
        "fees",
        (books) => books.setFees({ recipient, managementBps: management, performanceBps: performance }, now),
        () => vault.connect(this.core.admin).setFees(management, performance, GAS),
      );
    } else {
      await this.act(
        "lower fees",
        (books) => {
          if (management > managementBps || performance > performanceBps) throw new Refused("Not lower.");
          books.setFees({ recipient, managementBps: management, performanceBps: performance }, now);
        },
        () => vault.connect(this.core.guardian).lowerFees(management, performance, GAS),
      );
    }
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
}
