/**
 * The vault's books once more, in bigint, from docs/SPECIFICATION.md and not from the Solidity: two independent readings of one
 * text must agree to the wei. All amounts in asset units, times in Unix seconds.
 */
const BPS = 10_000n;
const WAD = 10n ** 18n;
const VIRTUAL_SHARES = 10n ** 6n;
const DAY = 86_400n;
const RECOVERY_SPACING = 3_600n;

export interface Settings {
  readonly bufferBps: bigint;
  readonly unlockSeconds: bigint;
  readonly minReportInterval: bigint;
  readonly maxNavAge: bigint;
}

export interface Limits {
  readonly absoluteCap: bigint;
  readonly dailyInflowBudget: bigint;
  readonly relativeCapBps: bigint;
  readonly lossTripBps: bigint;
}

export interface Strategy {
  readonly riskId: number;
  readonly limits: Limits;
  debt: bigint;
  reportedAt: bigint;
  frozen: boolean;
  liquid: bigint;
  pending: bigint;
  claimable: bigint;
  broken: boolean;
  rateDead: boolean;
  recovering: boolean;
  normalSyncs: number;
  countedAt: bigint;
  allocateBps: bigint;
  payBps: bigint;
  requestBps: bigint;
  refundBps: bigint;
  inflowUsed: bigint;
  inflowAt: bigint;
}

export type Move =
  | { readonly kind: "allocate"; readonly id: number; readonly amount: bigint | "remainder" }
  | { readonly kind: "deallocate" | "requestExit"; readonly id: number; readonly amount: bigint };

export interface Outcome {
  readonly aborted: boolean;
  readonly navBefore: bigint;
  readonly navAfter: bigint;
  readonly loss: bigint;
}

/** Thrown where the chain must revert. */
export class Refused extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "Refused";
  }
}

const up = (a: bigint, b: bigint, c: bigint): bigint => (a * b + c - 1n) / c;
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

export class Books {
  idle = 0n;
  supply = 0n;
  readonly shares: Map<string, bigint> = new Map();
  readonly strategies: Strategy[];
  profit = 0n;
  since = 0n;
  until = 0n;
  navTimestamp = 0n;
  #gains = 0n;
  readonly settings: Settings;
  readonly riskCap: { readonly absoluteCap: bigint; readonly relativeCapBps: bigint };

  constructor(settings: Settings, riskCap: Books["riskCap"], strategies: Strategy[]) {
    this.settings = settings;
    this.riskCap = riskCap;
    this.strategies = strategies;
  }

  /** What a refused act is undone to. */
  copy(): Books {
    const twin = new Books(
      this.settings,
      this.riskCap,
      this.strategies.map((strategy) => ({ ...strategy })),
    );
    Object.assign(twin, { idle: this.idle, supply: this.supply, profit: this.profit });
    Object.assign(twin, { since: this.since, until: this.until, navTimestamp: this.navTimestamp });
    for (const [who, amount] of this.shares) twin.shares.set(who, amount);
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
    return this.idle + this.totalDebt;
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
    const free = this.nav - this.locked(now);
    return free > 0n ? free : 0n;
  }

  toSharesDown(assets: bigint, now: bigint): bigint {
    return (assets * (this.supply + VIRTUAL_SHARES)) / (this.totalAssets(now) + 1n);
  }

  toAssetsDown(shares: bigint, now: bigint): bigint {
    return (shares * (this.totalAssets(now) + 1n)) / (this.supply + VIRTUAL_SHARES);
  }

  exitsOpen(now: bigint): boolean {
    return this.totalDebt === 0n || now <= this.navTimestamp + this.settings.maxNavAge;
  }

  exitLimit(now: bigint): bigint {
    return this.exitsOpen(now) ? this.idle : 0n;
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
    return assets;
  }

  redeem(who: string, shares: bigint, now: bigint): bigint {
    const assets = this.toAssetsDown(shares, now);
    if (shares > this.balanceOf(who) || !this.exitsOpen(now) || assets > this.idle)
      throw new Refused("More than can leave.");
    this.#burn(who, shares, assets);
    return assets;
  }

  withdraw(who: string, assets: bigint, now: bigint): bigint {
    const limit = least(this.toAssetsDown(this.balanceOf(who), now), this.exitLimit(now));
    if (assets > limit || !this.exitsOpen(now)) throw new Refused("More than maxWithdraw.");
    const shares = up(assets, this.supply + VIRTUAL_SHARES, this.totalAssets(now) + 1n);
    this.#burn(who, shares, assets);
    return shares;
  }

  // ANYONE

  report(ids: readonly number[], now: bigint): void {
    for (const id of ids) {
      const strategy = this.at(id);
      if (strategy.debt === 0n || now < strategy.reportedAt + this.settings.minReportInterval) continue;
      this.#report(strategy, now, strategy.debt);
    }
    this.#settle(now);
  }

  claim(ids: readonly number[], now: bigint): bigint {
    let received = 0n;
    for (const id of ids) {
      const strategy = this.at(id);
      const got = strategy.claimable;
      strategy.claimable = 0n;
      if (got === 0n) continue;
      received += got;
      this.idle += got;
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
    if (moves.some((move) => move.kind === "allocate")) this.#checkLimits(moves, navAfter - unreported);
    this.#gains += gain;
    this.#settle(now);
    return { aborted: false, navBefore, navAfter, loss };
  }

  // PRIVATE

  #run(moves: readonly Move[], now: bigint): { gain: bigint; loss: bigint } {
    let [gain, loss] = [0n, 0n];
    for (const move of moves) {
      const start = this.nav;
      const strategy = this.at(move.id);
      if (strategy.rateDead) throw new Refused("No price.");
      if (move.kind === "allocate") this.#allocate(strategy, move.amount, now);
      else this.#exit(strategy, move);
      strategy.debt = strategy.liquid + strategy.pending + strategy.claimable;
      if (this.nav < start) loss += start - this.nav;
      else gain += this.nav - start;
    }
    return { gain, loss };
  }

  #exit(strategy: Strategy, move: { readonly kind: "deallocate" | "requestExit"; readonly amount: bigint }): void {
    if (move.amount > strategy.liquid) throw new Refused("More than the position.");
    strategy.liquid -= move.amount;
    if (move.kind === "deallocate") this.idle += (move.amount * strategy.payBps) / BPS;
    else strategy.pending += (move.amount * strategy.requestBps) / BPS;
  }

  #allocate(strategy: Strategy, amount: bigint | "remainder", now: bigint): void {
    if (strategy.frozen || strategy.recovering) throw new Refused("Closed to inflow.");
    const reserve = this.#reserve();
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
    if (this.idle < this.#reserve()) throw new Refused("The buffer is spent.");
    for (const move of moves) {
      if (move.kind !== "allocate") continue;
      const { debt, limits, riskId } = this.at(move.id);
      if (debt > least(limits.absoluteCap, (nav * limits.relativeCapBps) / BPS)) throw new Refused("Above the cap.");
      const cap = least(this.riskCap.absoluteCap, (nav * this.riskCap.relativeCapBps) / BPS);
      if (this.riskDebt(riskId) > cap) throw new Refused("Above the risk cap.");
    }
  }

  #reserve(): bigint {
    return up(this.nav, this.settings.bufferBps, BPS);
  }

  #report(strategy: Strategy, now: bigint, tripBase: bigint): boolean {
    if (strategy.broken) return false;
    this.#sync(strategy, now);
    const previous = strategy.debt;
    let value = (strategy.liquid * WAD) / WAD + strategy.pending + strategy.claimable;
    if (strategy.rateDead && value > previous) value = previous;
    strategy.reportedAt = now;
    strategy.debt = value;
    if (value > previous) this.#gains += value - previous;
    const loss = value < previous ? previous - value : 0n;
    if (loss * BPS > tripBase * strategy.limits.lossTripBps) strategy.frozen = true;
    return true;
  }

  #sync(strategy: Strategy, now: bigint): void {
    if (strategy.rateDead) {
      Object.assign(strategy, { recovering: true, normalSyncs: 0, countedAt: 0n });
    } else if (strategy.recovering && now >= strategy.countedAt + RECOVERY_SPACING) {
      strategy.countedAt = now;
      strategy.normalSyncs += 1;
      if (strategy.normalSyncs >= 2) strategy.recovering = false;
    }
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
    const times = this.strategies.filter((s) => s.debt !== 0n).map((s) => s.reportedAt);
    this.navTimestamp = times.reduce((oldest, at) => least(oldest, at), times[0] ?? 0n);
  }

  #requireEntry(now: bigint): void {
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
}
