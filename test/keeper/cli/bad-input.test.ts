/**
 * Bad input against the command line as a process. What the contracts and the library refuse is tested beside them; here:
 * exit code by class, one clear error with value and remedy, and no partial effect.
 *
 * | bad input                                   | test                                                              |
 * |---------------------------------------------|-------------------------------------------------------------------|
 * | unknown verb, option, number                | usage.test.ts: USAGE ..., OPTION ...                              |
 * | missing or malformed configuration          | usage.test.ts: a configuration that is missing ...                |
 * | key file missing, public, no key            | usage.test.ts: a key file ...                                     |
 * | recorded market missing or incomplete       | usage.test.ts: a market folder ...                                |
 * | RPC unreachable, silent                     | here: unreachable ..., silent ...                                 |
 * | wrong chain id                              | here: another chain                                               |
 * | RPC answers an error, another block hash    | here: an error ..., another block hash                            |
 * | node without archive                        | here: without archive                                             |
 * | addresses without code, of another vault    | here: addresses ...                                               |
 * | feed zero, negative, stale, reverting       | here: feed ... (a run), feed ... (an execution)                   |
 * | adapter that reverts                        | here: adapter ...                                                 |
 * | proposal tampered with, or foreign          | life.test.ts: sign refuses a file ..., verify: amounts ...        |
 * | proposal for another chain or module        | life.test.ts: sign refuses another chain ..., another chain's ... |
 * | proposal expired, cancelled, replayed       | life.test.ts: a signed proposal ..., does not execute twice       |
 * | signature of a stranger, doubled, forged    | life.test.ts: too few, doubled ...                                |
 * | proposer without the role                   | life.test.ts: --propose without a key ...; doctor.test.ts         |
 */
import { readdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { parseEther, toQuantity } from "ethers";
import { z } from "zod";
import { RPC_URL_VARIABLE } from "../../../keeper/config/load.ts";
import { EXIT, type ExitCode } from "../../../keeper/kernel/errors.ts";
import { parseProposalFile } from "../../../keeper/propose/typed-data.ts";
import { amplified, createLife, documentOf, expectError, type Finished, type Life, read } from "../support/cli.ts";
import { type Fault, type RpcServer, serve } from "../support/rpc-server.ts";

/** Runtime code that reverts without a reason: PUSH1 0, DUP1, REVERT. */
const REVERTING_CODE = "0x600080fd";
const proposed = z.object({ id: z.string(), file: z.string(), sentence: z.string(), leftOut: z.array(z.string()) });
const held = z.object({ status: z.literal("held"), code: z.string(), reasons: z.array(z.string()).min(1) });

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = z.object({ port: z.number() }).parse(server.address());
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("command line: bad input", function () {
  // Every step is a process of its own; a loaded machine takes its time.
  this.timeout(120_000);
  let life: Life;
  let proxy: RpcServer;
  let nobody: string;

  before(async () => {
    life = await createLife(12);
    proxy = await serve({ request: ({ method, params }) => life.world.chain.request(method, ...(params ?? [])) });
    nobody = `http://127.0.0.1:${await closedPort()}`;
  });
  after(async () => {
    await proxy.close();
    await life.close();
  });

  const once = (out: string, configFile = life.configFile, env: Readonly<Record<string, string>> = {}) =>
    amplified(["keeper", "once", "-c", configFile, "--out", out, "--json"], env);

  /** A run that must end with an error: nothing published, no folder made. */
  async function refusedRun(
    exit: ExitCode,
    code: string,
    texts: readonly string[],
    configFile = life.configFile,
    env: Readonly<Record<string, string>> = {},
  ): Promise<Finished> {
    const before = await life.published();
    const args = ["keeper", "once", "-c", configFile, "--out", life.out("nothing")];
    const run = await amplified([...args, "--propose", "--key-file", life.keyFile("keeper")], env);
    expectError(run, exit, code, ...texts);
    expect(readdirSync(life.folder)).not.to.contain("nothing");
    expect(readdirSync(life.folder)).not.to.contain("transactions.jsonl");
    expect(await life.published()).to.equal(before);
    return run;
  }
  /** The same behind a node that misbehaves. */
  async function behind(fault: Fault, exit: ExitCode, code: string, ...texts: readonly string[]): Promise<void> {
    proxy.fault = fault;
    try {
      await refusedRun(exit, code, texts, life.configFile, { [RPC_URL_VARIABLE]: proxy.url });
    } finally {
      proxy.fault = null;
    }
  }

  describe("the node", () => {
    it("error: unreachable: the host is named, its key is not", async () => {
      const env = { [RPC_URL_VARIABLE]: `${nobody}/v2/secret` };
      const run = await refusedRun(EXIT.chain, "RPC_UNREACHABLE", [nobody], life.configFile, env);
      expect(run.stderr).not.to.contain("secret");
    });

    it("goes on to the next URL when the first does not answer", async () => {
      const file = life.variant("two", { rpcUrls: [nobody, life.world.chain.url] });
      const run = await amplified(["show", "-c", file]);
      expect(run.code, run.stderr).to.equal(EXIT.ok);
      expect(run.stderr).to.contain("RPC_UNREACHABLE");
    });

    it("error: silent longer than the time-out", async () => {
      const file = life.variant("impatient", { rpcUrls: [proxy.url], rpc: { timeoutMs: 500, maxBatch: 25 } });
      proxy.fault = () => "hang";
      try {
        await refusedRun(EXIT.chain, "RPC_TIMEOUT", ["500 ms", "rpc.timeoutMs"], file);
      } finally {
        proxy.fault = null;
      }
    });

    it("error: another chain than the configuration's", async () => {
      await refusedRun(
        EXIT.chain,
        "WRONG_CHAIN",
        ["31337", "1 (Ethereum mainnet)"],
        life.variant("mainnet", { chainId: 1 }),
      );
    });

    it("error: an error instead of an answer", () =>
      behind(
        ({ method }) =>
          method === "eth_call" ? { error: { code: -32_005, message: "daily limit exceeded" } } : undefined,
        EXIT.chain,
        "RPC_ANSWER",
        "daily limit exceeded",
      ));

    it("error: another block hash when the pinned block is asked for again", async () => {
      const head = toQuantity(await life.world.chain.ethers.provider.getBlockNumber());
      const other = `0x${"e1".repeat(32)}`;
      await behind(
        async ({ method, params }) => {
          if (method !== "eth_getBlockByNumber" || params[0] !== head) return undefined;
          const block = z.looseObject({}).parse(await life.world.chain.request(method, ...params));
          return { result: { ...block, hash: other } };
        },
        EXIT.chain,
        "BLOCK_HASH_MISMATCH",
        other,
      );
    });

    it("error: without archive: says how far back it asked and what to do", () =>
      behind(
        ({ method, params }) =>
          method === "eth_call" && /^0x[0-9a-f]+$/.test(String(params[1])) && Number(params[1]) < 2_000
            ? { error: { code: -32_000, message: "missing trie node 5ca1ab1e (path )" } }
            : undefined,
        EXIT.chain,
        "NON_ARCHIVE_NODE",
        "missing trie node",
        "history.days",
      ));

    it("error: addresses without code, and of another contract", async () => {
      const { addresses } = life.config;
      const wrong = async (name: string, change: Partial<typeof addresses>, text: string) => {
        const file = life.variant(name, { addresses: { ...addresses, ...change } });
        const run = await once(life.out("nothing"), file);
        const { code, reasons } = documentOf(run, EXIT.held, held);
        expect(code).to.match(/REQUIRED_READ|WIRING|BOOKS_DIFFER/);
        expect(reasons.join()).to.contain(text);
        expect(readdirSync(life.folder)).not.to.contain("nothing");
      };
      await wrong("nocode", { guard: life.world.account("guardian").address }, life.world.account("guardian").address);
      await wrong("other", { registry: addresses.guard }, "StrategyRegistry");
    });
  });

  describe("prices and venues", () => {
    const feed = () => life.world.handles.feeds.stethEth;
    const revertingCode = async (at: string) => {
      await life.world.chain.request("hardhat_setCode", at, REVERTING_CODE);
    };
    /** Every way a feed can be useless. */
    const broken: Readonly<Record<string, () => Promise<void>>> = {
      zero: async () => feed().pushRound(0n, await life.now()),
      negative: async () => feed().pushRound(-(10n ** 18n), await life.now()),
      "out of bounds": async () => feed().pushRound(3n * 10n ** 18n, await life.now()),
      stale: async () => feed().pushRound(10n ** 18n, (await life.now()) - 2 * 86_400),
      reverting: () => revertingCode(feed().proxy),
    };
    const lido = () => life.engine.strategies.find(({ protocol }) => protocol === "lido")?.id ?? 0;

    for (const [name, breakFeed] of Object.entries(broken)) {
      it(`feed ${name} (a run): nothing enters what it prices, and the run says why`, () =>
        life.undone(async () => {
          await breakFeed();
          const run = await once(life.out(`feed-${name}`));
          // Without the feed a run either leaves the strategy out or is held; it never proposes to enter.
          if (run.code === EXIT.held) {
            expect(documentOf(run, EXIT.held, held).reasons.join(" ")).to.contain("Lido wstETH");
            return;
          }
          const { file, leftOut } = documentOf(run, EXIT.ok, proposed);
          const touched = parseProposalFile(read(file)).proposal.legs.map(({ strategyId }) => strategyId);
          expect(touched).not.to.contain(lido());
          expect(leftOut.join(" ")).to.match(/Lido wstETH: nothing may enter, price status is Frozen \(market price/);
        }));
    }

    it("feed zero, negative, stale, reverting (an execution): what owners signed is refused with the reason", async () => {
      const out = life.out("signed");
      // At par, so that entering what this feed prices is worth its cost.
      await feed().pushRound(10n ** 18n, await life.now());
      const propose = ["--propose", "--key-file", life.keyFile("keeper")];
      const run = await amplified(["keeper", "once", "-c", life.configFile, "--out", out, "--json", ...propose]);
      const { file } = documentOf(run, EXIT.ok, proposed);
      expect(parseProposalFile(read(file)).proposal.legs.map(({ strategyId }) => strategyId)).to.contain(lido());
      const signatures = await Promise.all(
        (["firstOwner", "secondOwner", "thirdOwner"] as const).map(async (role) => {
          const target = join(life.folder, `${role}.signature.json`);
          const flags = ["--chain-id", "31337", "--module", life.engine.module, "--now", String(await life.now())];
          const signed = await amplified(["sign", file, "--key-file", life.keyFile(role), ...flags, "--out", target]);
          expect(signed.code, signed.stderr).to.equal(EXIT.ok);
          return target;
        }),
      );
      const execute = () =>
        amplified([
          ...["execute", file, "-c", life.configFile, "--key-file", life.keyFile("executor"), "--json"],
          ...["--signatures", ...signatures],
        ]);
      const refused = z.object({ kind: z.literal("refused"), reason: z.string() });
      for (const [name, breakFeed] of Object.entries(broken)) {
        await life.undone(async () => {
          await breakFeed();
          const { reason } = documentOf(await execute(), EXIT.refused, refused);
          expect(reason, name).to.match(/OracleGuard_No(Inflow|tPriced)/);
        });
      }
      // The proof that it was the feed: nothing broken, it goes through.
      documentOf(await execute(), EXIT.ok, z.object({ kind: z.literal("executed") }));
    });

    it("adapter that reverts: its strategy is left out and named, the others go on", () =>
      life.undone(async () => {
        const aave = life.engine.strategies.find(({ protocol }) => protocol === "aave-v3");
        await revertingCode(aave?.adapter ?? "");
        // Fresh money, so that the others have something to do whatever was moved before.
        await life.deposit(parseEther("1000"));
        const { file, leftOut } = documentOf(await once(life.out("adapter")), EXIT.ok, proposed);
        expect(leftOut.join(" ")).to.contain("Aave v3 WETH: the adapter does not answer (realAssets");
        const touched = parseProposalFile(read(file)).proposal.legs.map(({ strategyId }) => strategyId);
        expect(touched).not.to.contain(aave?.id);
        expect(touched.length).to.be.at.least(1);
      }));
  });
});
