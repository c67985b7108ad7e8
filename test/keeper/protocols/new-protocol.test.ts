/** `npm run new:protocol` in a copy of the project: what it writes compiles and passes the mirror, the twin and the shared suites. */
import { type ChildProcess, execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { EXIT } from "../../../keeper/kernel/errors.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const bin = (name: string): string => join(root, "node_modules", ".bin", name);
/** Not of the project: linked, or of no use to a copy. */
const LEFT_OUT = new Set([".git", "node_modules", "out"]);

interface Finished {
  readonly code: ChildProcess["exitCode"];
  readonly output: string;
}

/** Hardhat hands its options on by the environment: a child would build this project again, not the copy. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("HARDHAT_")));

const run = (file: string, args: readonly string[], cwd: string): Promise<Finished> =>
  new Promise((done) => {
    const child = execFile(file, [...args], { cwd, env, maxBuffer: 64 * 1024 * 1024 }, (_failure, stdout, stderr) => {
      done({ code: child.exitCode, output: `${stdout}${stderr}` });
    });
  });
const scaffold = (args: readonly string[], cwd: string): Promise<Finished> =>
  run(process.execPath, [join(root, "scripts", "new-protocol.ts"), ...args], cwd);

describe("new:protocol", function () {
  // It compiles what is new, type-checks the whole copy, and starts Hardhat twice.
  this.timeout(1_800_000);
  let copy: string;

  before(() => {
    copy = mkdtempSync(join(tmpdir(), "amplified-new-protocol-"));
    for (const entry of readdirSync(root)) {
      if (!LEFT_OUT.has(entry)) cpSync(join(root, entry), join(copy, entry), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
    // Hardhat remembers whole paths: with them set right, the copy compiles what is new in it and nothing else.
    const remembered = join(copy, "cache", "compile-cache.json");
    if (existsSync(remembered))
      writeFileSync(remembered, readFileSync(remembered, "utf8").replaceAll(`"${root}/`, `"${copy}/`));
  });
  after(() => rmSync(copy, { recursive: true, force: true }));

  it("refuses names and kinds it does not know, and writes nothing", async () => {
    for (const args of [
      ["--name", "toy", "--kind", "erc4626"],
      ["--name", "../Toy", "--kind", "erc4626"],
      ["--name", "Toy", "--kind", "queue"],
      ["--kind", "erc4626"],
    ]) {
      const { code, output } = await scaffold([...args, "--root", copy], copy);
      expect(code, output).to.equal(EXIT.badInput);
      expect(output).to.match(/^error SCAFFOLD_OPTION: /);
    }
    expect(existsSync(join(copy, "contracts/adapters/ToyAdapter.sol"))).to.equal(false);
  });

  it("scaffolds a venue that compiles and passes the mirror, its twin's and the conformance suites", async () => {
    const made = await scaffold(["--name", "ToyYield", "--kind", "erc4626", "--root", copy], copy);
    expect(made.code, made.output).to.equal(EXIT.ok);
    const ids = readFileSync(join(copy, "keeper/protocols/ids.ts"), "utf8");
    expect(ids).to.contain('  "toy-yield",\n] as const;');

    const built = await run(bin("hardhat"), ["build", "--quiet"], copy);
    expect(built.code, built.output).to.equal(0);
    // The table of venues is generated; everything else must already hold.
    const table = await run(process.execPath, ["keeper/cli/main.ts", "venues"], copy);
    expect(table.code, table.output).to.equal(0);
    expect(table.output).to.contain("| toy-yield | addition | [ToyYieldAdapter.sol]");
    writeFileSync(join(copy, "docs/VENUES.md"), table.output);

    const mirrors = ["architecture", "venues", "checks"].map((name) => `test/unit/${name}.test.ts`);
    const types = await run(bin("tsc"), ["--noEmit"], copy);
    const mirror = await run(bin("mocha"), mirrors, copy);
    const suites = await run(
      bin("hardhat"),
      [
        ...["test", "mocha", "--no-compile", "--grep", "ToyYieldAdapter|toy-yield|venue states"],
        ...["test/adapters/ToyYieldAdapter.test.ts", "test/keeper/protocols/protocols.test.ts"],
        "test/keeper/protocols/states.test.ts",
      ],
      copy,
    );
    expect(types.code, types.output).to.equal(0);
    expect(mirror.code, mirror.output).to.equal(0);
    expect(suites.code, suites.output).to.equal(0);
    for (const title of [
      "behavior: a round trip loses at most the stated fee and two wei",
      "behavior: a venue that calls back in is refused, and the books are as if it had not",
      "toy-yield: the rate read at the venue is the adapter's",
      "toy-yield: at least five sizes each way have a figure or a reason, and sources are named",
    ]) {
      expect(suites.output).to.contain(title);
    }
  });

  it("leaves an existing venue as it is", async () => {
    const file = join(copy, "contracts/adapters/ToyYieldAdapter.sol");
    const before = readFileSync(file, "utf8");
    const again = await scaffold(["--name", "ToyYield", "--kind", "erc4626", "--root", copy], copy);
    expect(again.code, again.output).to.equal(EXIT.badInput);
    expect(again.output).to.match(/^error SCAFFOLD_EXISTS: /);
    expect(readFileSync(file, "utf8")).to.equal(before);
  });
});
