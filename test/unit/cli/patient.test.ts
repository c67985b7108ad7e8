/** Waiting for a cheap hour against a node that answers like one: a daily pattern of base fees. */
import { strict as assert } from "node:assert";
import type { BlockHeader, BlockTag, RpcAnswer, RpcCall } from "../../../keeper/chain/client.ts";
import { waitForCheapHour } from "../../../keeper/cli/patient.ts";
import { hash } from "../../../keeper/kernel/units.ts";

const HOUR = 3_600;
/** One block an hour: block n is at hour n since a Monday midnight. */
const START = 1_735_516_800;
const feeAt = (block: number): bigint => {
  const hour = block % 24;
  // Cheap at night, dear in the afternoon, and never twice the same.
  const gwei = 20 + 15 * Math.sin(((hour - 9) / 24) * 2 * Math.PI) + ((block * 7) % 5) / 10;
  return BigInt(Math.round(gwei * 1e9));
};
const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

class Node {
  readonly maxBatch = 25;
  block: number;
  constructor(block: number) {
    this.block = block;
  }
  #header(number: number) {
    return {
      number: hex(number),
      hash: `0x${"0".repeat(64)}`,
      timestamp: hex(START + number * HOUR),
      baseFeePerGas: hex(feeAt(number)),
    };
  }
  header(_tag: BlockTag): Promise<BlockHeader> {
    const { block } = this;
    return Promise.resolve({
      number: block,
      hash: hash(`0x${"0".repeat(64)}`),
      timestamp: START + block * HOUR,
      baseFee: feeAt(block),
    });
  }
  batch(calls: readonly RpcCall[]): Promise<readonly RpcAnswer[]> {
    return Promise.resolve(
      calls.map(({ method, params }): RpcAnswer => {
        if (method === "eth_getBlockByNumber") return { ok: true, result: this.#header(Number(params[0])) };
        const [count, newest] = [Number(params[0]), Number(params[1])];
        const oldest = newest - count + 1;
        const fees = Array.from({ length: count + 1 }, (_, index) => hex(feeAt(oldest + index)));
        return { ok: true, result: { oldestBlock: hex(oldest), baseFeePerGas: fees, gasUsedRatio: [] } };
      }),
    );
  }
}

/** Lets an hour pass on the node whenever somebody sleeps. */
const clockOf = (node: Node, slept: number[]) => ({
  sleep: (ms: number) => {
    slept.push(ms);
    node.block += 1;
    return Promise.resolve();
  },
});
const DAYS = 30;
const AFTERNOON = 40 * 24 + 15;
const NIGHT = 40 * 24 + 3;

describe("patient execution", () => {
  it("waits from the dear afternoon into the night, and pays less", async () => {
    const node = new Node(AFTERNOON);
    const slept: number[] = [];
    const deadline = START + (AFTERNOON + 30) * HOUR;
    const waited = await waitForCheapHour(node, { deadline, gasDays: DAYS }, clockOf(node, slept));
    assert.ok(waited.feeAtSend < 0.4 * waited.feeAtFirst, `${waited.feeAtSend} of ${waited.feeAtFirst}`);
    assert.ok(waited.hours >= 8 && waited.hours <= 16, `${waited.hours} hours`);
    assert.equal(slept.length, waited.hours);
    assert.ok(slept.every((ms) => ms === HOUR * 1_000));
  });

  it("sends at once in the night, and where the deadline leaves no hour", async () => {
    const cheap = new Node(NIGHT);
    const far = START + (NIGHT + 48) * HOUR;
    assert.equal((await waitForCheapHour(cheap, { deadline: far, gasDays: DAYS }, clockOf(cheap, []))).hours, 0);
    const late = new Node(AFTERNOON);
    const soon = START + (AFTERNOON + 2) * HOUR;
    const waited = await waitForCheapHour(late, { deadline: soon, gasDays: DAYS }, clockOf(late, []));
    assert.equal(waited.hours, 0);
    assert.match(waited.reason, /deadline leaves no hour/);
  });

  it("does not wait without the history that a forecast needs, and says so", async () => {
    const young = new Node(5 * 24 + 15);
    const deadline = START + (5 * 24 + 45) * HOUR;
    const waited = await waitForCheapHour(young, { deadline, gasDays: DAYS }, clockOf(young, []));
    assert.equal(waited.hours, 0);
    assert.match(waited.reason, /336 are needed/);
  });
});
