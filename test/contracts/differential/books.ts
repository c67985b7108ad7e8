/**
 * The vault's books once more, in bigint, from docs/SPECIFICATION.md and not from the Solidity: two independent readings of one
 * text must agree to the wei. All amounts in asset units, times in Unix seconds.
 */
import type { Fees } from "./fees.ts";
import { accrue, noFees, setTerms } from "./fees.ts";
import { BPS, DAY, least, less, Refused, up, VIRTUAL_SHARES, WAD } from "./numbers.ts";
import { Queue } from "./queue.ts";
import type { Move, Outcome, Settings, Strategy } from "./strategy.ts";
import { credit, exitInKind, settleClaim, sync, worthOf } from "./strategy.ts";

const IN_KIND_AFTER = 7n * DAY;
/** Holder of the shares that wait in the queue. */
const ESCROW = "escrow";

export class Books {
  idle = 0n;
  supply = 0n;
  readonly shares: Map<string, bigint> = new Map();
  readonly strategies: Strategy[];
  profit = 0n;
  since = 0n;
  until = 0n;
  navTimestamp = 0n;
  owed = 0n;
  isFrozen = false;
  fees: Fees = noFees();
  queue: Queue;
  /** WETH that people hold, from what they started with. */
  readonly cash: Map<string, bigint> = new Map();
  #gains = 0n;
  readonly settings: Settings;
  readonly riskCap: { readonly absoluteCap: bigint; readonly relativeCapBps: bigint };

  constructor(settings: Settings, riskCap: Books["riskCap"], strategies: Strategy[]) {
    this.settings = settings;
    this.riskCap = riskCap;
    this.strategies = strategies;
    this.queue = new Queue(settings.batchSeconds);
  }

  /** What a refused act is undone to. */
  copy(): Books {
    const twin = new Books(
      this.settings,
      this.riskCap,
      this.strategies.map((strategy) => ({ ...strategy, claims: structuredClone(strategy.claims) })),
    );
    Object.assign(twin, { idle: this.idle, supply: this.supply, profit: this.profit });
    Object.assign(twin, { since: this.since, until: this.until, navTimestamp: this.navTimestamp });
    Object.assign(twin, { owed: this.owed, isFrozen: this.isFrozen, fees: { ...this.fees }, queue: this.queue.copy() });
    for (const [who, amount] of this.shares) twin.shares.set(who, amount);
    for (const [who, amount] of this.cash) twin.cash.set(who, amount);
    return twin;
  }

  at(id: number): Strategy {
    const found = this.strategies[id - 1];
    if (found === undefined) throw new Refused(`No strategy ${id}.`);
    return found;
  }

  // VIEWS

  get totalDebt(): bigint {
    return this.strategies.reduce((sum, strategy) => sum + strategy.debt, 0n);
  }

  get nav(): bigint {
    return less(this.gross, this.owed);
  }

  /** All there is, whoever it belongs to. */
  get gross(): bigint {
    return this.idle + this.totalDebt;
  }

  /** Idle that no priced request is owed. */
  get free(): bigint {
    return less(this.idle, this.owed);
  }

  get setAside(): bigint {
    return this.strategies.reduce((sum, strategy) => sum + strategy.unpaid, 0n);
  }

  riskDebt(riskId: number): bigint {
    return this.strategies.reduce((sum, s) => sum + (s.riskId === riskId ? s.debt : 0n), 0n);
  }

  balanceOf(who: string): bigint {
    return this.shares.get(who) ?? 0n;
  }

  locked(now: bigint): bigint {
    return now >= this.until ? 0n : up(this.profit, this.until - now, this.until - this.since);
  }

  totalAssets(now: bigint): bigint {
    return less(this.nav, this.locked(now));
  }

  toSharesDown(assets: bigint, now: bigint): bigint {
    return (assets * (this.supply + VIRTUAL_SHARES)) / (this.totalAssets(now) + 1n);
  }

  toAssetsDown(shares: bigint, now: bigint): bigint {
    return (shares * (this.totalAssets(now) + 1n)) / (this.supply + VIRTUAL_SHARES);
  }

  exitsOpen(now: bigint): boolean {
    if (this.isFrozen) return false;
    return this.totalDebt === 0n || now <= this.navTimestamp + this.settings.maxNavAge;
  }

  exitLimit(now: bigint): bigint {
    return this.exitsOpen(now) ? this.free : 0n;
  }

  maxRedeem(who: string, now: bigint): bigint {
    const held = this.balanceOf(who);
    const available = this.exitLimit(now);
    if (this.toAssetsDown(held, now) <= available) return available === 0n ? 0n : held;
    return this.toSharesDown(available, now);
  }

  // DEPOSITORS

  deposit(who: string, assets: bigint, now: bigint): bigint {
    this.#requireEntry(now);
    const shares = this.toSharesDown(assets, now);
    if (shares === 0n) throw new Refused("The deposit buys no share.");
    this.#issue(who, shares, assets);
    return shares;
  }

  mint(who: string, shares: bigint, now: bigint): bigint {
    this.#requireEntry(now);
    const assets = up(shares, this.totalAssets(now) + 1n, this.supply + VIRTUAL_SHARES);
    this.#issue(who, shares, assets);
    this.#receive(who, -assets);
    return assets;
  }

  redeem(who: string, shares: bigint, now: bigint): bigint {
    const assets = this.toAssetsDown(shares, now);
    if (shares > this.balanceOf(who) || !this.exitsOpen(now) || assets > this.free)
      throw new Refused("More than can leave.");
    this.#burn(who, shares, assets);
    this.#receive(who, assets);
    return assets;
  }

  withdraw(who: string, assets: bigint, now: bigint): bigint {
    const limit = least(this.toAssetsDown(this.balanceOf(who), now), this.exitLimit(now));
    if (assets > limit || !this.exitsOpen(now)) throw new Refused("More than maxWithdraw.");
    const shares = up(assets, this.supply + VIRTUAL_SHARES, this.totalAssets(now) + 1n);
    this.#burn(who, shares, assets);
    this.#receive(who, assets);
    return shares;
  }

  isInKindOpen(now: bigint): boolean {
    if (this.isFrozen) return true;
    const held = this.strategies.filter((strategy) => strategy.debt !== 0n);
    if (held.length === 0) return false;
    return now > this.navTimestamp + IN_KIND_AFTER || held.some((strategy) => strategy.frozen);
  }

  /** A share of idle and of each strategy: cash where the venue pays at once, units of the position for the rest. */
  redeemInKind(who: string, shares: bigint, now: bigint): bigint {
    if (!this.isInKindOpen(now)) throw new Refused("Not open in kind.");
    if (shares > this.balanceOf(who)) throw new Refused("More than he has.");
    let part = (shares * WAD) / (this.supply + VIRTUAL_SHARES);
    const gross = this.nav;
    if (gross !== 0n) part = (part * this.totalAssets(now)) / gross;
    const spread = this.free + this.totalDebt;
    if (spread > gross) part = (part * gross) / spread;
    this.#burn(who, shares, 0n);
    let paid = (this.free * part) / WAD;
    this.idle -= paid;
    for (const strategy of this.strategies) {
      if (strategy.debt === 0n) continue;
      const cash = exitInKind(strategy, part, who);
      paid += cash.paid;
      this.idle += cash.kept;
    }
    this.#refresh();
    this.#receive(who, paid);
    return paid;
  }

  collect(who: string, ids: readonly number[]): bigint {
    let paid = 0n;
    for (const id of ids) {
      const strategy = this.at(id);
      const claim = settleClaim(strategy, who);
      const credit = least(claim.credit, strategy.unpaid);
      claim.credit -= credit;
      strategy.unpaid -= credit;
      paid += credit;
    }
    this.#receive(who, paid);
    return paid;
  }

  // QUEUE

  request(who: string, shares: bigint, now: bigint): void {
    if (shares > this.balanceOf(who)) throw new Refused("More than he has.");
    this.queue.request(who, shares, now);
    this.#move(who, ESCROW, shares);
  }

  cancel(id: number, who: string, shares: bigint): void {
    this.queue.cancel(id, who, shares);
    this.#move(ESCROW, who, shares);
  }

  price(now: bigint): bigint {
    return this.queue.price(this, this.totalDebt === 0n ? now : this.navTimestamp, now);
  }

  fund(): bigint {
    return this.queue.fund(this);
  }

  claimRequest(id: number, who: string): bigint {
    const assets = this.queue.claimRequest(id, who, this);
    this.#receive(who, assets);
    return assets;
  }

  claimShares(who: string, shares: bigint): bigint {
    const assets = this.queue.redeem(who, shares, this);
    this.#receive(who, assets);
    return assets;
  }

  claimAssets(who: string, assets: bigint): bigint {
    const shares = this.queue.withdraw(who, assets, this);
    this.#receive(who, assets);
    return shares;
  }

  /** For the queue: burns escrowed shares at the price of now. */
  settle(shares: bigint, now: bigint): bigint {
    if (!this.exitsOpen(now)) throw new Refused("Exits are closed.");
    const assets = this.toAssetsDown(shares, now);
    this.#burn(ESCROW, shares, 0n);
    this.owed += assets;
    return assets;
  }

  /** For the queue: what idle can pay of what is owed. */
  pay(): bigint {
    const paid = least(this.owed, this.idle);
    this.idle -= paid;
    this.owed -= paid;
    return paid;
  }

  // FEES

  setFees(terms: Pick<Fees, "recipient" | "managementBps" | "performanceBps">, now: bigint): void {
    this.#accrue(now);
    setTerms(this.fees, terms, this.supply, this.totalAssets(now), now);
  }

  // ANYONE

  report(ids: readonly number[], now: bigint): void {
    for (const id of ids) {
      const strategy = this.at(id);
      if (strategy.debt === 0n || now < strategy.reportedAt + this.settings.minReportInterval) continue;
      this.#report(strategy, now, strategy.debt);
    }
    this.#settle(now);
    this.#accrue(now);
  }

  claim(ids: readonly number[], now: bigint): bigint {
    let received = 0n;
    for (const id of ids) {
      const strategy = this.at(id);
      const all = strategy.claimable;
      strategy.claimable = 0n;
      if (all === 0n) continue;
      const got = this.#credit(strategy, all);
      received += got;
      const debt = strategy.debt;
      if (got > debt) this.#gains += got - debt;
      strategy.debt = debt - least(got, debt);
      if (debt !== 0n) this.#report(strategy, now, debt);
    }
    this.#settle(now);
    return received;
  }

  // MODULE

  rebalance(moves: readonly Move[], now: bigint): Outcome {
    if (this.isFrozen) throw new Refused("Frozen.");
    const touched = [...new Set(moves.map((move) => move.id))].map((id) => this.at(id));
    const frozenNow = (strategy: Strategy) => strategy.frozen;
    const before = new Map(this.strategies.map((strategy) => [strategy, frozenNow(strategy)]));
    const unread = touched.filter((strategy) => !this.#report(strategy, now, strategy.debt));
    let unreported = 0n;
    for (const strategy of this.strategies) {
      if (touched.includes(strategy) || strategy.debt === 0n) continue;
      if (now <= strategy.reportedAt + this.settings.maxNavAge) continue;
      if (!this.#report(strategy, now, strategy.debt)) unreported += strategy.debt;
    }
    const tripped = this.strategies.some((strategy) => strategy.frozen && before.get(strategy) === false);
    if (tripped) {
      this.#settle(now);
      return { aborted: true, navBefore: this.nav, navAfter: this.nav, loss: 0n };
    }
    if (unread.length > 0) throw new Refused("A touched strategy cannot be read.");
    const navBefore = this.nav;
    const { gain, loss } = this.#run(moves, now);
    const navAfter = this.nav;
    if (moves.some((move) => move.kind === "allocate")) this.#checkLimits(moves, less(navAfter, unreported));
    this.#gains += gain;
    this.#settle(now);
    return { aborted: false, navBefore, navAfter, loss };
  }

  // PRIVATE

  #run(moves: readonly Move[], now: bigint): { gain: bigint; loss: bigint } {
    let [gain, loss] = [0n, 0n];
    for (const move of moves) {
      const start = this.gross;
      const strategy = this.at(move.id);
      if (strategy.rateDead) throw new Refused("No price.");
      if (move.kind === "allocate") this.#allocate(strategy, move.amount, now);
      else this.#exit(strategy, move);
      strategy.debt = worthOf(strategy);
      if (this.gross < start) loss += start - this.gross;
      else gain += this.gross - start;
    }
    return { gain, loss };
  }

  #exit(strategy: Strategy, move: { readonly kind: "deallocate" | "requestExit"; readonly amount: bigint }): void {
    if (move.amount > strategy.liquid) throw new Refused("More than the position.");
    strategy.liquid -= move.amount;
    if (move.kind === "deallocate") this.#credit(strategy, (move.amount * strategy.payBps) / BPS);
    else strategy.pending += (move.amount * strategy.requestBps) / BPS;
  }

  #allocate(strategy: Strategy, amount: bigint | "remainder", now: bigint): void {
    if (strategy.frozen || strategy.recovering) throw new Refused("Closed to inflow.");
    if (strategy.units !== 0n) throw new Refused("In-kind claims are open.");
    const reserve = this.reserve;
    if (amount === "remainder" && this.idle <= reserve) throw new Refused("Nothing above the buffer.");
    const assets = amount === "remainder" ? this.idle - reserve : amount;
    if (assets > this.idle) throw new Refused("More than idle.");
    const age = now - strategy.inflowAt;
    const used = age >= DAY ? 0n : up(strategy.inflowUsed, DAY - age, DAY);
    if (used + assets > strategy.limits.dailyInflowBudget) throw new Refused("Above the inflow budget.");
    [strategy.inflowUsed, strategy.inflowAt] = [used + assets, now];
    const spent = assets - (assets * strategy.refundBps) / BPS;
    this.idle -= spent;
    strategy.liquid += (spent * strategy.allocateBps) / BPS;
  }

  #checkLimits(moves: readonly Move[], nav: bigint): void {
    if (this.idle < this.reserve) throw new Refused("The buffer is spent.");
    for (const move of moves) {
      if (move.kind !== "allocate") continue;
      const { debt, limits, riskId } = this.at(move.id);
      if (debt > least(limits.absoluteCap, (nav * limits.relativeCapBps) / BPS)) throw new Refused("Above the cap.");
      const cap = least(this.riskCap.absoluteCap, (nav * this.riskCap.relativeCapBps) / BPS);
      if (this.riskDebt(riskId) > cap) throw new Refused("Above the risk cap.");
    }
  }

  get reserve(): bigint {
    return up(this.nav, this.settings.bufferBps, BPS) + this.owed;
  }

  #report(strategy: Strategy, now: bigint, tripBase: bigint): boolean {
    if (strategy.broken) return false;
    sync(strategy, now);
    const previous = strategy.debt;
    let value = worthOf(strategy);
    if (strategy.rateDead && value > previous) value = previous;
    strategy.reportedAt = now;
    strategy.debt = value;
    if (value > previous) this.#gains += value - previous;
    const loss = value < previous ? previous - value : 0n;
    if (loss * BPS > tripBase * strategy.limits.lossTripBps) strategy.frozen = true;
    return true;
  }

  #lock(gain: bigint, now: bigint): void {
    const locked = this.locked(now);
    const remaining = locked === 0n ? 0n : this.until - now;
    const sum = locked + gain;
    const period = (locked * remaining + gain * this.settings.unlockSeconds) / sum;
    [this.profit, this.since, this.until] = [sum, now, now + period];
  }

  /** All gains of one transaction are locked at once. */
  #settle(now: bigint): void {
    if (this.#gains !== 0n) this.#lock(this.#gains, now);
    this.#gains = 0n;
    this.#refresh();
  }

  #refresh(): void {
    const times = this.strategies.filter((s) => s.debt !== 0n).map((s) => s.reportedAt);
    this.navTimestamp = times.reduce((oldest, at) => least(oldest, at), times[0] ?? 0n);
  }

  #requireEntry(now: bigint): void {
    if (this.isFrozen) throw new Refused("Frozen.");
    if (this.nav <= this.locked(now) && this.supply !== 0n) throw new Refused("Only locked profit is left.");
  }

  #issue(who: string, shares: bigint, assets: bigint): void {
    if (shares === 0n) throw new Refused("No shares.");
    this.idle += assets;
    this.supply += shares;
    this.shares.set(who, this.balanceOf(who) + shares);
  }

  #burn(who: string, shares: bigint, assets: bigint): void {
    this.idle -= assets;
    this.supply -= shares;
    this.shares.set(who, this.balanceOf(who) - shares);
  }

  #credit(strategy: Strategy, received: bigint): bigint {
    const own = credit(strategy, received);
    this.idle += own;
    return own;
  }

  #accrue(now: bigint): void {
    const minted = accrue(this.fees, this.supply, this.totalAssets(now), now);
    if (minted === 0n || this.fees.recipient === undefined) return;
    this.supply += minted;
    this.shares.set(this.fees.recipient, this.balanceOf(this.fees.recipient) + minted);
  }

  #move(from: string, to: string, shares: bigint): void {
    this.shares.set(from, this.balanceOf(from) - shares);
    this.shares.set(to, this.balanceOf(to) + shares);
  }

  #receive(who: string, assets: bigint): void {
    this.cash.set(who, (this.cash.get(who) ?? 0n) + assets);
  }
}
