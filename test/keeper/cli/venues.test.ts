/** `amplified venues`: coverage without a chain, the state of a running engine's venues with one. */
import { expect } from "chai";
import { z } from "zod";
import { EXIT } from "../../../keeper/kernel/errors.ts";
import { amplified, createLife, documentOf, expectError, type Life } from "../support/cli.ts";

const part = z.union([
  z.strictObject({ kind: z.literal("known"), apy: z.number(), source: z.string() }),
  z.strictObject({ kind: z.literal("missing"), reason: z.string() }),
]);
const amount = z.string().regex(/^\d+$/);
const move = z.looseObject({
  closed: z.string().nullable(),
  source: z.string(),
  curve: z
    .array(
      z.strictObject({
        size: amount,
        received: amount.nullable(),
        shortfall: z.number().nullable(),
        reason: z.string().nullable(),
      }),
    )
    .min(5),
});
const shown = z.strictObject({
  coverage: z.array(z.looseObject({ id: z.string(), adapter: z.string(), twin: z.string() })).min(22),
  state: z
    .strictObject({
      block: z.strictObject({ number: z.number(), hash: z.string(), timestamp: z.number() }),
      httpRequests: z.number(),
      venues: z.array(
        z.looseObject({
          kind: z.literal("read"),
          name: z.string(),
          protocol: z.string(),
          apy: z.strictObject({ base: part, fees: part, reward: part }),
          enter: move.extend({ available: amount }),
          leave: move.extend({ delayDays: z.number(), instantFee: z.number(), delaySource: z.string() }),
        }),
      ),
    })
    .nullable(),
});

describe("command line: venues", function () {
  this.timeout(120_000);
  let life: Life;
  before(async () => {
    life = await createLife(13);
  });
  after(() => life.close());

  it("shows coverage without a chain", async () => {
    const { coverage, state } = documentOf(await amplified(["venues", "--json"]), EXIT.ok, shown);
    expect(state).to.equal(null);
    expect(coverage.map(({ id }) => id)).to.include.members(["uniswap-v4", "pendle", "stETH", "pufETH"]);
  });

  it("shows every configured venue's state, in three requests", async () => {
    const args = ["venues", "-c", life.configFile];
    const [text, json] = await Promise.all([amplified(args), amplified([...args, "--json"])]);
    const { state } = documentOf(json, EXIT.ok, shown);
    if (state === null) return expect.fail("no state");
    expect(state.httpRequests).to.equal(3);
    expect(state.venues.map(({ protocol }) => protocol)).to.include.members(["aave-v3", "lido", "etherfi"]);
    const aave = state.venues.find(({ protocol }) => protocol === "aave-v3");
    expect(aave?.apy.base.kind === "known" ? aave.apy.base.apy : 0).to.be.within(0.001, 0.5);
    expect(text.code).to.equal(EXIT.ok);
    for (const { name } of state.venues) expect(text.stdout).to.contain(name);
    expect(text.stdout).to.match(/^Block \d+, \d+ venues in 3 requests/);
  });

  it("reads another endpoint when told to, and needs the engine's configuration for it", async () => {
    expectError(await amplified(["venues", "--rpc", "http://127.0.0.1:1"]), EXIT.badInput, "OPTION", "--config");
    const dead = await amplified(["venues", "-c", life.configFile, "--rpc", "http://127.0.0.1:1"]);
    expectError(dead, EXIT.chain, "RPC_UNREACHABLE");
  });
});
