/** What several processes need at once is made by one of them. */
import { strict as assert } from "node:assert";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeOnce } from "../support/genuine/once.ts";

const MODULE = new URL("../support/genuine/once.ts", import.meta.url).href;
const SCRIPT = `
  import { appendFileSync } from "node:fs";
  import { makeOnce } from "${MODULE}";
  const [path, log] = process.argv.slice(-2);
  makeOnce(path, () => {
    appendFileSync(log, "made\\n");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    return "whole";
  });
`;

describe("makeOnce", () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "make-once-"));
    path = join(folder, "out", "made.json");
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const left = (): readonly string[] => readdirSync(join(folder, "out"));

  it("makes a file once among processes that start together, and leaves nothing beside it", async () => {
    const log = join(folder, "log");
    const run = (): Promise<number | null> =>
      new Promise((resolve, reject) => {
        const child = spawn(process.execPath, ["--input-type=module", "--eval", SCRIPT, "--", path, log]);
        child.on("error", reject);
        child.on("close", resolve);
      });
    assert.deepEqual(await Promise.all([run(), run(), run(), run()]), [0, 0, 0, 0]);
    assert.equal(readFileSync(log, "utf8"), "made\n");
    assert.equal(readFileSync(path, "utf8"), "whole");
    assert.deepEqual(left(), ["made.json"]);
  });

  it("takes over from a process that died while it held the lock", () => {
    const { pid } = spawnSync(process.execPath, ["--version"]);
    makeOnce(join(folder, "out", "other"), () => "");
    writeFileSync(`${path}.lock`, String(pid));
    makeOnce(path, () => "whole");
    assert.equal(readFileSync(path, "utf8"), "whole");
    assert.deepEqual([...left()].sort(), ["made.json", "other"]);
  });

  it("leaves no lock where making fails: the next tries itself", () => {
    assert.throws(
      () =>
        makeOnce(path, () => {
          throw new TypeError("does not compile");
        }),
      /does not compile/,
    );
    assert.deepEqual(left(), []);
    makeOnce(path, () => "whole");
    assert.equal(readFileSync(path, "utf8"), "whole");
  });
});
