// `npm test [-- part ...]`: every suite that needs no network, in the order of what a change breaks first.
// Parts: lint, solidity, mocha, fork. Without a part: solidity and mocha, as `.ci/run` calls it.
import { join } from "node:path";
import { packagedNode, root, run, setUp } from "./setup.mjs";

setUp();
const hardhat = join(root, "node_modules", "hardhat", "dist", "src", "cli.js");
const parts = process.argv.slice(2).length > 0 ? process.argv.slice(2) : ["solidity", "mocha"];
const suites = {
  lint: () => run("npm", ["run", "--silent", "lint"], "Lint"),
  solidity: () => run(packagedNode, [hardhat, "test", "solidity", "--no-compile"], "Solidity tests"),
  mocha: () => run(packagedNode, [hardhat, "test", "mocha", "--no-compile"], "Keeper and integration tests"),
  fork: () => run(packagedNode, [hardhat, "test", "mocha", "--no-compile", ...forkFiles()], "Fork tests"),
};
function forkFiles() {
  return ["test/fork/index.test.ts"];
}
for (const part of parts) {
  const suite = suites[part];
  if (!suite) {
    console.error(`There is no test part "${part}". Choose from: ${Object.keys(suites).join(", ")}.`);
    process.exit(2);
  }
  console.log(`\n== ${part} ==`);
  suite();
}
