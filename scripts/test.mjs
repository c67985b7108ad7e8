// `npm test [-- part ...]`: every suite that needs no network, in the order of what a change breaks first.
// Parts: unit (pure code, plain mocha), solidity, chain (on the in-process network), fork. Without a part: the first three.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { packagedNode, root, run, setUp } from "./setup.mjs";

setUp();
const hardhat = join(root, "node_modules", "hardhat", "dist", "src", "cli.js");
const mocha = join(root, "node_modules", "mocha", "bin", "mocha.js");

const testsIn = (folder) =>
  readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".test.ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
// Hardhat's chai matchers refuse fractions in numeric assertions, so pure numerics run without them.
const chainFolders = readdirSync(join(root, "test")).filter(
  (name) => !["unit", "fork", "support", "doubles"].includes(name),
);

const suites = {
  unit: () => run(packagedNode, [mocha, "--timeout", "120000", ...testsIn("test/unit")], "Unit tests"),
  solidity: () => run(packagedNode, [hardhat, "test", "solidity", "--no-compile"], "Solidity tests"),
  chain: () =>
    run(
      packagedNode,
      [hardhat, "test", "mocha", "--no-compile", ...chainFolders.flatMap((name) => testsIn(`test/${name}`))],
      "Chain tests",
    ),
  fork: () => run(packagedNode, [hardhat, "test", "mocha", "--no-compile", ...testsIn("test/fork")], "Fork tests"),
};
const wanted = process.argv.slice(2).length > 0 ? process.argv.slice(2) : ["unit", "solidity", "chain"];
for (const part of wanted) {
  const suite = suites[part];
  if (!suite) {
    console.error(`There is no test part "${part}". Choose from: ${Object.keys(suites).join(", ")}.`);
    process.exit(2);
  }
  console.log(`\n== ${part} ==`);
  suite();
}
