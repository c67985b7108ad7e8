/** What a person types first: help, versions of nonsense, and --json for programs. Nothing here needs a chain. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { EXIT } from "../../../keeper/kernel/errors.ts";
import { amplified, expectError, expectJsonError } from "../support/cli.ts";

const VERBS: readonly (readonly [verb: readonly string[], options: readonly string[]])[] = [
  [["demo"], ["--seed", "--market", "--out", "--serve", "--json"]],
  [
    ["keeper", "once"],
    ["--config", "--propose", "--key-file", "--password-file", "--out", "--json"],
  ],
  [["doctor"], ["--config", "--key-file", "--password-file", "--parameters", "--json"]],
  [["show"], ["--config", "--json"]],
  [["verify"], ["--config", "--json"]],
  [
    ["sign"],
    [
      "--key-file",
      "--password-file",
      "--chain-id",
      "--module",
      "--for",
      "--parent-version",
      "--now",
      "--out",
      "--json",
    ],
  ],
  [
    ["forecast"],
    [
      ...["--data", "--column", "--model", "--h", "--levels", "--order", "--period", "--json"],
      ...["--backend", "--liquidity", "--pools", "--checkpoint", "--seed"],
    ],
  ],
  [["execute"], ["--config", "--signatures", "--patient", "--key-file", "--password-file", "--json"]],
  [["status"], ["--config", "--signatures", "--json"]],
  [["queue"], ["--config", "--json"]],
  [["maintain"], ["--config", "--key-file", "--password-file", "--json"]],
  [
    ["keeper", "run"],
    ["--config", "--interval", "--rounds", "--propose", "--key-file", "--out", "--json"],
  ],
];

describe("command line: usage", function () {
  // Every step is a process of its own; a loaded machine takes its time.
  this.timeout(120_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "amplified-usage-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("every verb has a help that names its options", async () => {
    await Promise.all(
      VERBS.map(async ([verb, options]) => {
        const { code, stdout, stderr } = await amplified([...verb, "--help"]);
        expect(code, verb.join(" ")).to.equal(EXIT.ok);
        expect(stderr).to.equal("");
        for (const option of options) expect(stdout, verb.join(" ")).to.contain(option);
      }),
    );
  });

  it("the first help names every verb and what the exit codes mean", async () => {
    const { code, stdout } = await amplified(["--help"]);
    expect(code).to.equal(EXIT.ok);
    for (const [[verb = ""]] of VERBS) expect(stdout).to.match(new RegExp(`^ {2}${verb}\\b`, "m"));
    expect(stdout).to.contain("0 done, 2 bad input, 3 held, 4 chain failure, 5 refused, 6 not yet");
  });

  const usage: readonly (readonly [args: readonly string[], names: string])[] = [
    [["rebalance"], "rebalance"],
    [["demo", "--sed", "1"], "--sed"],
    [["keeper", "twice"], "twice"],
    [["show", "0x12", "more"], "argument"],
    [["sign", "proposal.json"], "--key-file"],
    [["verify"], "id"],
  ];
  for (const [args, names] of usage) {
    it(`error: USAGE in one line for: ${args.join(" ")}`, async () => {
      const run = await amplified(args);
      expectError(run, EXIT.badInput, "USAGE", names, "See --help.");
      expect(run.stderr.trimEnd().split("\n")).to.have.length(1);
    });
  }

  it("error: USAGE as one document with --json", async () => {
    expectJsonError(await amplified(["demo", "--sed", "1", "--json"]), EXIT.badInput, "USAGE");
  });

  it("error: OPTION for a seed that is no 32-bit number, and no file", async () => {
    const out = join(folder, "never");
    const seeds = ["", "x", "-1", "1.5", "1e3", "4294967296", "99999999999999999999"];
    await Promise.all(
      seeds.map(async (seed) => {
        const run = await amplified(["demo", `--seed=${seed}`, "--out", out]);
        expectError(run, EXIT.badInput, "OPTION", "--seed", `"${seed}"`, "0 to 4294967295");
      }),
    );
    expect(readdirSync(folder)).not.to.contain("never");
  });

  it("error: a market folder that does not exist, or lacks a file", async () => {
    const missing = await amplified(["demo", "--market", join(folder, "nowhere"), "--out", join(folder, "out")]);
    expectError(missing, EXIT.badInput, "OPTION", "--market", "nowhere");
    expect(readdirSync(folder)).not.to.contain("out");
    expectJsonError(
      await amplified(["demo", "--market", folder, "--out", join(folder, "out"), "--json"]),
      EXIT.badInput,
      "MARKET_FILE",
    );
  });

  it("error: a configuration that is missing, is no JSON, or is wrong in several places at once", async () => {
    const file = join(folder, "keeper.json");
    expectError(await amplified(["show", "-c", file]), EXIT.badInput, "CONFIG", file, "name an existing JSON file");
    writeFileSync(file, "{ rpcUrls: ");
    expectError(await amplified(["show", "-c", file]), EXIT.badInput, "CONFIG", file, "is not JSON");
    writeFileSync(file, JSON.stringify({ rpcUrls: ["ftp://key@node"], chainId: -1, seeds: 3 }));
    const run = await amplified(["keeper", "once", "-c", file, "--out", join(folder, "cycle")]);
    expectError(run, EXIT.badInput, "CONFIG", "rpcUrls[0]", "chainId = -1", "seeds = 3", "no such key", "txLog");
    expect(run.stderr).not.to.contain("key@");
    expect(readdirSync(folder)).not.to.contain("cycle");
  });

  it("error: a key file that is missing, readable by others, or no key", async () => {
    const file = join(folder, "some.key");
    const sign = () =>
      amplified(["sign", file, "--key-file", file, "--chain-id", "1", "--module", `0x${"11".repeat(20)}`]);
    expectError(await sign(), EXIT.badInput, "FILE_UNREADABLE", file);
    writeFileSync(file, "nonsense", { mode: 0o644 });
    expectError(await sign(), EXIT.badInput, "KEY_FILE", "mode 0644", "chmod 600");
    const private_ = join(folder, "private.key");
    writeFileSync(private_, `${"secret".repeat(4)}\n`, { mode: 0o600 });
    const run = await amplified([
      "sign",
      file,
      "--key-file",
      private_,
      "--chain-id",
      "1",
      "--module",
      `0x${"11".repeat(20)}`,
    ]);
    expectError(run, EXIT.badInput, "KEY_FILE", "64 hex digits");
    expect(run.stderr).not.to.contain("secret");
  });

  it("error: sign refuses a module, a chain id and a time that are none", async () => {
    const file = join(folder, "proposal.json");
    writeFileSync(file, "{}");
    const with_ = (changes: Readonly<Record<string, string>>) => {
      const flags = { "--key-file": file, "--chain-id": "1", "--module": `0x${"11".repeat(20)}`, ...changes };
      return amplified(["sign", file, ...Object.entries(flags).flat()]);
    };
    expectError(await with_({ "--module": "0x12" }), EXIT.badInput, "OPTION", "--module", "0x12", "40 hex digits");
    expectError(await with_({ "--chain-id": "one" }), EXIT.badInput, "OPTION", "--chain-id", "one");
    expectError(await with_({ "--now": "soon" }), EXIT.badInput, "OPTION", "--now", "soon");
  });
});
