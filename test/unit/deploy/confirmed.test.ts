/** No deployment against an address that nobody has confirmed. */
import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  CONFIRM_VARIABLE,
  confirmedNames,
  NothingToConfirmError,
  requireConfirmed,
  UnconfirmedAddressError,
  unconfirmedUses,
} from "../../../deploy/chains/confirmed.ts";
import { MAINNET } from "../../../deploy/chains/mainnet.ts";
import type { StrategyPlan } from "../../../deploy/plan.ts";
import { MAINNET_STRATEGIES } from "../../../deploy/plans/mainnet.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");
const [template] = MAINNET_STRATEGIES;
const strategy = (name: string, targets: readonly string[], feed?: string): StrategyPlan => {
  assert.ok(template);
  return { ...template, key: name, name, targets, oracle: { ...template.oracle, feed: feed ?? template.oracle.feed } };
};
const swell = strategy("Swell", [MAINNET.swEth.address, MAINNET.swExit.address]);

describe("confirmed addresses", () => {
  it("passes the plan that is in the repository: it names confirmed addresses only", () => {
    assert.deepEqual(unconfirmedUses(MAINNET_STRATEGIES, MAINNET), []);
    requireConfirmed(MAINNET_STRATEGIES, MAINNET, []);
  });

  it("refuses each unconfirmed entry of the book, as a target and as a feed, in whatever letter case", () => {
    const open = Object.entries(MAINNET).filter(([, entry]) => "confirmed" in entry && entry.confirmed === false);
    assert.ok(open.length > 10, "hardly any entry is unconfirmed: the test looks in the wrong place");
    for (const [name, { address }] of open) {
      for (const plan of [
        strategy("target", [address.toLowerCase()]),
        strategy("feed", [MAINNET.weth.address], address.toUpperCase().replace("0X", "0x")),
      ]) {
        assert.throws(
          () => requireConfirmed([plan], MAINNET, []),
          (error: unknown) => error instanceof UnconfirmedAddressError && error.names.join() === name,
        );
        requireConfirmed([plan], MAINNET, [name]);
      }
    }
  });

  it("says which, for what, from where and what to type", () => {
    assert.throws(
      () => requireConfirmed([swell], MAINNET, []),
      (error: unknown) =>
        error instanceof UnconfirmedAddressError &&
        error.message.includes(MAINNET.swExit.address) &&
        error.message.includes(MAINNET.swExit.source) &&
        error.message.includes("for Swell") &&
        error.message.includes("--confirm-address swExit"),
    );
  });

  it("confirms by exact name: another name, or one that needs none, is an error and no confirmation", () => {
    for (const name of ["swexit", "swExitt", "weth"]) {
      assert.throws(() => requireConfirmed([swell], MAINNET, [name]), NothingToConfirmError);
    }
    assert.throws(() => requireConfirmed([swell], MAINNET, ["rswExit"]), UnconfirmedAddressError);
    assert.deepEqual(confirmedNames(" swExit, ,rswExit,"), ["swExit", "rswExit"]);
    assert.deepEqual(confirmedNames(undefined), []);
  });

  it("stands in the way of the deployment module itself, before anything is sent", () => {
    const account = (digit: string): string => `0x${digit.repeat(40)}`;
    const folder = mkdtempSync(join(tmpdir(), "amplified-parameters-"));
    const file = join(folder, "mainnet.json");
    writeFileSync(
      file,
      JSON.stringify({
        safe: account("1"),
        curator: account("2"),
        guardian: account("3"),
        proposer: account("4"),
        deployer: account("5"),
      }),
    );
    const load = (confirmed: string) =>
      spawnSync(process.execPath, ["--input-type=module", "-e", 'await import("./deploy/modules/mainnet.ts");'], {
        cwd: root,
        encoding: "utf8",
        env: { ...process.env, AMPLIFIED_PARAMETERS: file, [CONFIRM_VARIABLE]: confirmed },
      });
    assert.equal(load("").status, 0, load("").stderr);
    const slip = load("swExitt");
    assert.notEqual(slip.status, 0);
    assert.match(slip.stderr, /NOTHING_TO_CONFIRM/);
  }).timeout(60_000);
});
