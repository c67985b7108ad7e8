/** `amplified doctor`: green on an engine that can run, and one remedy per thing that cannot. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { z } from "zod";
import { RPC_URL_VARIABLE } from "../../../keeper/config/load.ts";
import { EXIT, type ExitCode } from "../../../keeper/kernel/errors.ts";
import { amplified, createLife, documentOf, type Life } from "../support/cli.ts";
import { serve } from "../support/rpc-server.ts";

const report = z.strictObject({
  ready: z.boolean(),
  checks: z.array(
    z.strictObject({
      name: z.string(),
      status: z.enum(["ok", "warning", "problem", "skipped"]),
      detail: z.string(),
      remedy: z.string().nullable(),
    }),
  ),
});
type Checks = z.output<typeof report>["checks"];

describe("command line: doctor", function () {
  // Every step is a process of its own; a loaded machine takes its time.
  this.timeout(120_000);
  let life: Life;
  before(async () => {
    life = await createLife(13);
  });
  after(() => life.close());

  const doctor = (configFile: string, more: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
    amplified(["doctor", "-c", configFile, "--json", ...more], env);
  const one = (checks: Checks, name: string) => checks.find((check) => check.name === name);

  it("finds nothing that blocks a run, in one line each", async () => {
    const args = ["doctor", "-c", life.configFile, "--key-file", life.keyFile("keeper")];
    const [text, json] = await Promise.all([amplified(args), amplified([...args, "--json"])]);
    const { ready, checks } = documentOf(json, EXIT.ok, report);
    expect(ready).to.equal(true);
    expect(checks.filter(({ status }) => status !== "ok")).to.deep.equal([]);
    expect(checks.map(({ name }) => name)).to.include.members([
      ...["node", "native backend", "configuration", "key file", "transaction log", "rpc", "contracts", "archive"],
      ...["proposer", "balance", "wiring", "strategy 1 Aave v3 WETH", "strategies", "reports", "module"],
    ]);
    expect(one(checks, "archive")?.detail).to.match(/12[56] days back/);
    expect(text.code).to.equal(EXIT.ok);
    expect(text.stdout.trimEnd().split("\n")).to.have.length(checks.length + 1);
    expect(text.stdout).to.contain("nothing blocks a run");
  });

  it("names what is missing when there is no configuration, and skips what needs it", async () => {
    const { ready, checks } = documentOf(await doctor(join(life.folder, "absent.json")), EXIT.badInput, report);
    expect(ready).to.equal(false);
    expect(one(checks, "configuration")).to.include({ status: "problem" });
    expect(one(checks, "rpc")).to.include({ status: "skipped", remedy: null });
  });

  const blocked = (
    title: string,
    name: string,
    exit: ExitCode,
    expected: RegExp,
    run: () => Promise<Awaited<ReturnType<typeof doctor>>>,
  ) =>
    it(`problem: ${title}`, async () => {
      const { ready, checks } = documentOf(await run(), exit, report);
      const check = one(checks, name);
      expect(ready).to.equal(false);
      expect(check?.status, JSON.stringify(checks)).to.equal("problem");
      expect(`${check?.detail} -> ${check?.remedy}`).to.match(expected);
    });

  blocked("a key that others may read", "key file", EXIT.badInput, /mode 0644.*chmod 600/, () => {
    const file = life.keyFile("guardian");
    chmodSync(file, 0o644);
    return doctor(life.configFile, ["--key-file", file]);
  });
  blocked("a key without the proposer's role", "proposer", EXIT.refused, /may not propose -> .*grantRole\(3/, () =>
    doctor(life.configFile, ["--key-file", life.keyFile("executor")]),
  );
  // The first problem gives the exit code, and this key lacks the role, too.
  blocked("a proposer without gas", "balance", EXIT.refused, /holds 0\.000000 ETH.*Send ETH/, () => {
    const file = join(life.folder, "poor.key");
    writeFileSync(file, "77".repeat(32), { mode: 0o600 });
    return doctor(life.configFile, ["--key-file", file]);
  });
  blocked("an RPC that does not answer", "rpc", EXIT.chain, /RPC_UNREACHABLE.*Start the node/, () =>
    doctor(life.configFile, [], { [RPC_URL_VARIABLE]: "http://127.0.0.1:9" }),
  );
  blocked("another chain", "rpc", EXIT.chain, /WRONG_CHAIN.*Correct rpcUrl or chainId/, () =>
    doctor(life.variant("chain", { chainId: 5 })),
  );
  blocked("an address without code", "contracts", EXIT.badInput, /addresses\.guard = 0x.*Correct the addresses/, () => {
    const addresses = { ...life.config.addresses, guard: life.world.account("guardian").address };
    return doctor(life.variant("nocode", { addresses }));
  });
  blocked("a transaction log in a place that is no folder", "transaction log", EXIT.badInput, /TRANSACTION_LOG/, () => {
    writeFileSync(join(life.folder, "a-file"), "");
    return doctor(life.variant("log", { txLog: "a-file/tx.jsonl" }));
  });
  blocked("a transaction log that somebody edited", "transaction log", EXIT.badInput, /Line 1 .*is not JSON/, () => {
    mkdirSync(join(life.folder, "edited"), { recursive: true });
    writeFileSync(join(life.folder, "edited", "tx.jsonl"), "not json\n");
    return doctor(life.variant("edited", { txLog: "edited/tx.jsonl" }));
  });

  it("problem: a node without archive for the configured history", async () => {
    const proxy = await serve({ request: ({ method, params }) => life.world.chain.request(method, ...(params ?? [])) });
    proxy.fault = ({ method, params }) =>
      method === "eth_call" && /^0x[0-9a-f]+$/.test(String(params[1])) && Number(params[1]) < 1_000
        ? { error: { code: -32_000, message: "missing trie node" } }
        : undefined;
    try {
      const run = await doctor(life.configFile, [], { [RPC_URL_VARIABLE]: proxy.url });
      const { checks } = documentOf(run, EXIT.chain, report);
      expect(one(checks, "archive")).to.include({ status: "problem" });
      expect(one(checks, "archive")?.remedy).to.contain("archive node");
      expect(one(checks, "wiring")).to.include({ status: "ok" });
    } finally {
      await proxy.close();
    }
  });

  it("warning: a frozen price names the feed's age and does not block the others; all frozen block a run", () =>
    life.undone(async () => {
      await life.wait(3 * 86_400);
      const { ready, checks } = documentOf(await doctor(life.configFile), EXIT.ok, report);
      expect(ready).to.equal(true);
      const lido = checks.find(({ name }) => name.endsWith("Lido wstETH"));
      expect(lido).to.include({ status: "warning" });
      expect(lido?.detail).to.match(/price Frozen.*feed \d+ s old of 87300 allowed/);
      const only = life.config.strategies.filter(({ protocol }) => protocol === "lido" || protocol === "etherfi");
      const run = await doctor(life.variant("frozen", { strategies: only }));
      expect(one(documentOf(run, EXIT.held, report).checks, "strategies")).to.include({ status: "problem" });
    }));
});
