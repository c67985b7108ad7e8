/** The redeem queue once more: batches on a grid, priced in turn, paid in turn, claimed by part. */
import { Refused, up } from "./numbers.ts";

export interface Batch {
  end: bigint;
  shares: bigint;
  priced: boolean;
  assets: bigint;
  owedUpTo: bigint;
}

/** What the queue needs of the vault. */
export interface Payer {
  readonly owed: bigint;
  settle(shares: bigint, now: bigint): bigint;
  pay(): bigint;
}

export class Queue {
  readonly batches: Batch[] = [];
  /** "number/person" -> shares that wait or can be claimed. */
  readonly requests: Map<string, bigint> = new Map();
  /** Batches a person joined, in order. */
  readonly lists: Map<string, number[]> = new Map();
  funded = 0n;
  paidOut = 0n;
  priced = 0;
  readonly seconds: bigint;

  constructor(seconds: bigint) {
    this.seconds = seconds;
  }

  copy(): Queue {
    const twin = new Queue(this.seconds);
    twin.batches.push(...this.batches.map((batch) => ({ ...batch })));
    for (const [key, shares] of this.requests) twin.requests.set(key, shares);
    for (const [who, list] of this.lists) twin.lists.set(who, [...list]);
    Object.assign(twin, { funded: this.funded, paidOut: this.paidOut, priced: this.priced });
    return twin;
  }

  get escrow(): bigint {
    return this.batches.filter((batch) => !batch.priced).reduce((sum, batch) => sum + batch.shares, 0n);
  }

  of(id: number, who: string): bigint {
    return this.requests.get(`${id}/${who}`) ?? 0n;
  }

  at(id: number): Batch {
    const found = this.batches[id - 1];
    if (found === undefined) throw new Refused(`No batch ${id}.`);
    return found;
  }

  request(who: string, shares: bigint, now: bigint): number {
    if (shares === 0n) throw new Refused("No shares.");
    const last = this.batches.at(-1);
    if (last === undefined || now >= last.end) {
      const end = now - (now % this.seconds) + this.seconds;
      this.batches.push({ end, shares: 0n, priced: false, assets: 0n, owedUpTo: 0n });
    }
    const id = this.batches.length;
    this.at(id).shares += shares;
    this.requests.set(`${id}/${who}`, this.of(id, who) + shares);
    const list = this.lists.get(who) ?? [];
    if (list.at(-1) !== id) list.push(id);
    this.lists.set(who, list);
    return id;
  }

  cancel(id: number, who: string, shares: bigint): void {
    const batch = this.batches[id - 1];
    if (batch?.priced === true) throw new Refused("Priced already.");
    if (shares > this.of(id, who)) throw new Refused("More than is pending.");
    if (batch === undefined) return;
    batch.shares -= shares;
    this.requests.set(`${id}/${who}`, this.of(id, who) - shares);
  }

  price(vault: Payer, reported: bigint, now: bigint): bigint {
    const batch = this.batches[this.priced];
    if (batch === undefined) throw new Refused("Nothing to price.");
    const at = batch.shares === 0n ? now : reported;
    if (at < batch.end) throw new Refused("The report is too old.");
    const assets = batch.shares === 0n ? 0n : vault.settle(batch.shares, now);
    const before = this.batches[this.priced - 1]?.owedUpTo ?? 0n;
    Object.assign(batch, { priced: true, assets, owedUpTo: before + assets });
    this.priced += 1;
    if (assets !== 0n) this.fund(vault);
    return assets;
  }

  fund(vault: Payer): bigint {
    const paid = vault.pay();
    this.funded += paid;
    return paid;
  }

  /** By number: the whole request. */
  claimRequest(id: number, who: string, vault: Payer): bigint {
    const batch = this.batches[id - 1];
    const shares = this.of(id, who);
    const assets = batch === undefined || batch.shares === 0n ? 0n : (batch.assets * shares) / batch.shares;
    return this.#claim(id, who, shares, assets, vault);
  }

  /** From the oldest request that still holds shares. */
  redeem(who: string, shares: bigint, vault: Payer): bigint {
    const id = this.oldest(who);
    const batch = this.batches[id - 1];
    const assets = batch === undefined || batch.shares === 0n ? 0n : (batch.assets * shares) / batch.shares;
    return this.#claim(id, who, shares, assets, vault);
  }

  withdraw(who: string, assets: bigint, vault: Payer): bigint {
    const id = this.oldest(who);
    const batch = this.batches[id - 1];
    if (batch === undefined || batch.assets === 0n) throw new Refused("Nothing to claim.");
    const shares = up(assets, batch.shares, batch.assets);
    this.#claim(id, who, shares, assets, vault);
    return shares;
  }

  oldest(who: string): number {
    const list = this.lists.get(who) ?? [];
    return list.find((id) => this.of(id, who) !== 0n) ?? 0;
  }

  #claim(id: number, who: string, shares: bigint, assets: bigint, vault: Payer): bigint {
    const batch = this.batches[id - 1];
    if (batch?.priced === true && batch.owedUpTo > this.funded) this.fund(vault);
    const isPaid = batch?.priced === true && batch.owedUpTo <= this.funded;
    if (!isPaid || shares === 0n || shares > this.of(id, who)) throw new Refused("More than can be claimed.");
    this.requests.set(`${id}/${who}`, this.of(id, who) - shares);
    this.paidOut += assets;
    return assets;
  }
}
