import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { ConfigError } from "../../../keeper/config/errors.ts";
import { configHash, loadConfig, parseConfig, RPC_URL_VARIABLE } from "../../../keeper/config/load.ts";
import { DEFAULT_LSTM_CONFIG } from "../../../keeper/forecast/lstm/config.ts";
import { stepsNeeded } from "../../../keeper/forecast/lstm/train.ts";
import { canonicalHash, canonicalJson, NotCanonicalError } from "../../../keeper/kernel/canonical.ts";
import { profileOf } from "../../../keeper/run.ts";
import { caught, caughtSync } from "../support/caught.ts";

const contract = (digit: string): string => `0x${digit.repeat(40)}`;
const good = {
  rpcUrls: ["https://rpc.example/v2/secret"],
  rpc: { timeoutMs: 30_000, maxBatch: 25 },
  chainId: 1,
  addresses: {
    vault: contract("1"),
    registry: contract("2"),
    guard: contract("3"),
    module: contract("4"),
    multicall: contract("5"),
  },
  strategies: [
    { id: 1, protocol: "aave-v3", name: "Aave v3 WETH" },
    { id: 2, protocol: "lido", name: "Lido stETH", exitDelayDays: 4 },
  ],
  history: { days: 365, gasDays: 7 },
  horizonDays: 7,
  limits: { gasCapGwei: 60, maxLossBps: 5, navToleranceBps: 50, ttlSeconds: 86_400, minLegEth: 0.1 },
  risk: { beta: 0.95, maxVar: 0.02, maxCvar: 0.04, maxDrawdown: 0.1 },
  objective: "mean-variance",
  seed: 7,
  txLog: "out/tx.jsonl",
};

describe("configuration", () => {
  it("takes a complete one", () => expect(parseConfig(good, "test").strategies).to.have.length(2));

  it("error: ConfigError lists each wrong key with value and remedy, unknown keys too", async () => {
    const bad = {
      ...good,
      chainId: 0,
      addresses: { ...good.addresses, vault: "0x12" },
      strategies: [
        { id: 1, protocol: "compound", name: "x" },
        { id: 33, protocol: "lido", name: "y" },
      ],
      risk: { ...good.risk, beta: 95 },
      objektive: "min-cvar",
    };
    const error = await caughtSync(() => parseConfig(bad, "keeper.json"), ConfigError);
    const byKey = new Map(error.problems.map(({ key, value, remedy }) => [key, { value, remedy }]));
    expect([...byKey.keys()].sort()).to.deep.equal([
      "addresses.vault",
      "chainId",
      "objektive",
      "risk.beta",
      "strategies[0].protocol",
      "strategies[1].id",
    ]);
    expect(byKey.get("strategies[0].protocol")).to.deep.include({ value: '"compound"' });
    expect(byKey.get("strategies[0].protocol")?.remedy).to.contain("aave-v3");
    expect(byKey.get("objektive")?.remedy).to.contain("no such key");
    for (const key of byKey.keys()) expect(error.message).to.contain(key);
  });

  it("error: ConfigError for numbers that contradict each other", async () => {
    const doubled = {
      ...good,
      strategies: [good.strategies[0], good.strategies[0]],
      risk: { ...good.risk, maxVar: 0.05 },
      horizonDays: 30,
      history: { days: 20, gasDays: 7 },
    };
    const error = await caughtSync(() => parseConfig(doubled, "test"), ConfigError);
    expect(error.problems.map(({ key }) => key).sort()).to.deep.equal([
      "history.days",
      "risk.maxVar",
      "strategies[1].id",
    ]);
  });

  it("error: ConfigError for a wrong address checksum and for the zero address", async () => {
    const addresses = {
      ...good.addresses,
      vault: "0x7f39C581F595B53c5cb19bD0b3f8dA6c935E2CA0",
      registry: contract("0"),
    };
    const error = await caughtSync(() => parseConfig({ ...good, addresses }, "test"), ConfigError);
    expect(error.problems.map(({ key }) => key).sort()).to.deep.equal(["addresses.registry", "addresses.vault"]);
  });

  it("never shows the secret part of a URL", async () => {
    const error = await caughtSync(() => parseConfig({ ...good, rpcUrls: ["ftp://host/secret"] }, "test"), ConfigError);
    expect(error.message).to.contain("ftp://host").and.not.contain("secret");
  });

  it("reads a file, lets the environment replace the RPC, and names what is wrong with the file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "config-"));
    try {
      const file = join(folder, "keeper.json");
      await writeFile(file, JSON.stringify(good));
      expect((await loadConfig(file)).rpcUrls).to.deep.equal(good.rpcUrls);
      expect((await loadConfig(file, { [RPC_URL_VARIABLE]: "http://a http://b" })).rpcUrls).to.deep.equal([
        "http://a",
        "http://b",
      ]);
      await writeFile(file, "{ not json");
      expect((await caught(loadConfig(file), ConfigError)).message).to.contain("is not JSON");
      expect((await caught(loadConfig(join(folder, "none")), ConfigError)).message).to.contain("cannot be read");
      await writeFile(file, "[]");
      await caught(loadConfig(file), ConfigError);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("takes the band or a learned policy pinned by its digest, whose path starts beside the file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "amplified-config-"));
    const file = join(folder, "config.json");
    const sha256 = "a".repeat(64);
    await writeFile(file, JSON.stringify({ ...good, policy: { kind: "dqn", checkpoint: { path: "p.json", sha256 } } }));
    const { policy } = await loadConfig(file, {});
    await rm(folder, { recursive: true });
    expect(policy).to.deep.equal({ kind: "dqn", checkpoint: { path: join(folder, "p.json"), sha256 } });
    expect(parseConfig({ ...good, policy: { kind: "band" } }, "test").policy).to.deep.equal({ kind: "band" });
    const refused = async (wrong: unknown, words: RegExp) =>
      expect((await caughtSync(() => parseConfig({ ...good, policy: wrong }, "test"), ConfigError)).message).to.match(
        words,
      );
    await refused({ kind: "greedy" }, /policy/);
    await refused({ kind: "dqn", checkpoint: { path: "p.json", sha256: "abc" } }, /policy\.checkpoint\.sha256.*64/);
  });

  it("turns the LSTM on only when asked, with every number stated, and refuses one that could never be fitted", async () => {
    const lstm = { units: 24, lookback: 28, members: 3 };
    const long = { ...good, history: { ...good.history, days: 365 } };
    expect(profileOf(parseConfig(long, "test")).forecast.lstm).to.equal(null);
    const config = parseConfig({ ...long, lstm }, "test");
    expect(profileOf(config).forecast.lstm).to.deep.equal(lstm);
    const hash = configHash(config);
    expect(hash).to.not.equal(configHash(parseConfig(long, "test")));
    for (const changed of [{ units: 25 }, { lookback: 29 }, { members: 2 }])
      expect(configHash(parseConfig({ ...long, lstm: { ...lstm, ...changed } }, "test"))).to.not.equal(hash);
    const refused = async (raw: unknown, words: RegExp) =>
      expect((await caughtSync(() => parseConfig(raw, "test"), ConfigError)).message).to.match(words);
    await refused({ ...long, lstm: {} }, /lstm\.units/);
    await refused({ ...long, lstm: true }, /lstm.*an object/);
    await refused({ ...long, lstm: { ...lstm, seed: 4 } }, /lstm/);
    const days = stepsNeeded({ ...DEFAULT_LSTM_CONFIG, lookback: 28, horizon: good.horizonDays });
    parseConfig({ ...good, history: { ...good.history, days }, lstm }, "test");
    await refused({ ...good, history: { ...good.history, days: days - 1 }, lstm }, /lstm\.lookback.*never fitted/);
  });

  it("hashes what decides the result and nothing else", () => {
    const hash = configHash(parseConfig(good, "test"));
    expect(configHash(parseConfig({ ...good, rpcUrls: ["http://other"], txLog: "elsewhere" }, "test"))).to.equal(hash);
    expect(configHash(parseConfig({ ...good, seed: 8 }, "test"))).to.not.equal(hash);
    const learned = (path: string, digit: string) =>
      configHash(
        parseConfig({ ...good, policy: { kind: "dqn", checkpoint: { path, sha256: digit.repeat(64) } } }, "test"),
      );
    expect(learned("a.json", "1")).to.not.equal(hash);
    expect(learned("b.json", "1")).to.equal(learned("a.json", "1"));
    expect(learned("a.json", "2")).to.not.equal(learned("a.json", "1"));
  });
});

describe("canonical JSON", () => {
  it("sorts keys, spells bigint in decimals, drops absent keys", () => {
    expect(canonicalJson({ b: [1, 2n, null], a: "x", c: undefined })).to.equal('{"a":"x","b":[1,"2",null]}');
    expect(canonicalHash({ a: 1, b: 2 })).to.equal(canonicalHash({ b: 2, a: 1 }));
    expect(canonicalJson(-0)).to.equal("0");
  });
  for (const [what, value] of [
    ["NaN", Number.NaN],
    ["infinity", Number.POSITIVE_INFINITY],
    ["undefined in a list", [undefined]],
    ["a function", () => 1],
    ["a Map", new Map()],
  ] as const) {
    it(`error: NotCanonicalError for ${what}`, () => caughtSync(() => canonicalJson({ value }), NotCanonicalError));
  }
});
