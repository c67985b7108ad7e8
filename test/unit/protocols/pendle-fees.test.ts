import { expect } from "chai";
import type { ChainEvent } from "../../../keeper/chain/logs.ts";
import { decodeLogs, logsCall } from "../../../keeper/chain/logs.ts";
import { address } from "../../../keeper/kernel/units.ts";
import { liquidityFees, type MarketBooks, marketEvents } from "../../../keeper/protocols/pendle-fees.ts";
import { YEAR_SECONDS } from "../../../keeper/protocols/quotes.ts";

const ETHER = 10n ** 18n;
const market = marketEvents(address(`0x${"11".repeat(20)}`));
const holder = `0x${"22".repeat(20)}`;
const WEEK = 7 * 86_400;

/** As a node answers, newest first: the order is the reader's to make. */
function logged(emitted: readonly (readonly [name: string, args: readonly unknown[]])[]): readonly ChainEvent[] {
  const result = emitted.map(([name, args], index) => {
    const event = market.iface.getEvent(name) ?? expect.fail(name);
    const { data, topics } = market.iface.encodeEventLog(event, [...args]);
    return { data, topics, blockNumber: `0x${(index + 10).toString(16)}`, transactionHash: `0x${"33".repeat(32)}` };
  });
  const decoded = decodeLogs(market, logsCall(market, 10, 20), { ok: true, result: result.reverse() });
  return decoded.ok ? decoded.value : expect.fail(decoded.reason);
}

/** 500 SY were in the market and 1,000 LP; half of them left between two trades of the same fee. */
const emitted = [
  ["Swap", [holder, holder, -10n * ETHER, 8n * ETHER, 5n * ETHER, 4n * ETHER]],
  ["Burn", [holder, holder, 500n * ETHER, 200n * ETHER, 200n * ETHER]],
  ["Swap", [holder, holder, 10n * ETHER, -9n * ETHER, 5n * ETHER, 4n * ETHER]],
  ["Mint", [holder, 100n * ETHER, 50n * ETHER, 50n * ETHER]],
] as const;
const past: MarketBooks = { sy: 500n * ETHER, lp: 1_000n * ETHER };
// 500 - 8 - 4 - 200 + 9 - 4 + 50.
const now: MarketBooks = { sy: 343n * ETHER, lp: 600n * ETHER };

describe("Pendle's fees to liquidity", () => {
  const yieldOf = (events: readonly ChainEvent[], before = past, seconds: number = WEEK) =>
    liquidityFees(now, { ok: true, value: before }, { ok: true, value: events }, 1_200, seconds);

  it("counts what stays with LP, each fee by the LP of its moment, over the worth of one LP, compounded", () => {
    const part = yieldOf(logged(emitted));
    if (part.kind === "missing") return expect.fail(part.reason);
    // One SY to 1,000 LP and one to 500, of LP worth 2 SY each.
    const earned = (1 / 1_000 + 1 / 500) / 2;
    expect(part.apy).to.be.closeTo((1 + earned) ** (YEAR_SECONDS / WEEK) - 1, 1e-12);
    expect(part.source).to.match(/over 7\.0 days/);
  });

  it("is zero where nobody traded", () => {
    const part = liquidityFees(past, { ok: true, value: past }, { ok: true, value: [] }, 1_200, WEEK);
    expect(part).to.include({ kind: "known", apy: 0 });
  });

  it("is missing where the events do not lead to the market's past: a node left some out, or the order of magnitude lies", () => {
    const events = logged(emitted);
    for (let left = 0; left < events.length; left += 1) {
      const part = yieldOf(events.toSpliced(left, 1));
      expect(part.kind, `without ${events[left]?.name}`).to.equal("missing");
    }
    const one = yieldOf(events, { ...past, sy: past.sy + 1n });
    expect(one.kind === "missing" ? one.reason : "").to.match(/events lead from .* SY and .* LP, the market had/);
  });

  it("is missing with the reason where there is no past, no answer, or no market", () => {
    const call = logsCall(market, 10, 20);
    const refused = decodeLogs(market, call, { ok: false, error: { code: -32_005, message: "range too large" } });
    const foreign = decodeLogs(market, call, {
      ok: true,
      result: [
        { topics: [`0x${"44".repeat(32)}`], data: "0x", blockNumber: "0xa", transactionHash: `0x${"33".repeat(32)}` },
      ],
    });
    const shapeless = decodeLogs(market, call, { ok: true, result: { logs: [] } });
    const silent = decodeLogs(market, call, undefined);
    for (const [events, reason] of [
      [refused, /not answered: .*range too large/],
      [foreign, /none of them/],
      [shapeless, /Swap, Mint, Burn of 0x1111/],
      [silent, /unanswered/],
      [undefined, /were not read/],
    ] as const) {
      const part = liquidityFees(now, { ok: true, value: past }, events, 1_200, WEEK);
      expect(part.kind === "missing" ? part.reason : "").to.match(reason);
    }
    const none = { ok: true, value: [] } as const;
    const unborn = liquidityFees(now, { ok: false, reason: "no contract" }, none, 1_200, WEEK);
    expect(unborn.kind === "missing" ? unborn.reason : "").to.match(/7\.0 days ago: no contract/);
    expect(yieldOf(logged(emitted), past, 0).kind).to.equal("missing");
    const empty = { sy: 0n, lp: 0n };
    expect(liquidityFees(empty, { ok: true, value: empty }, none, 0, WEEK).kind).to.equal("missing");
  });
});
