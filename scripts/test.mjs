// `npm test [-- part ...]`: every suite that needs no network. Parts: unit (pure code, plain mocha), solidity, chain (on the
// in-process network), fork. Without a part: the first three. Suites run side by side, one per core up to four; each prints as a
// whole, the first that is not finished as it goes. All of them run, whatever fails.
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { environment, packagedNode, root, setUp } from "./setup.mjs";

const hardhat = join(root, "node_modules", "hardhat", "dist", "src", "cli.js");
const mocha = join(root, "node_modules", "mocha", "bin", "mocha.js");

const testsIn = (folder) =>
  readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".test.ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
const onHardhat = (files) => [hardhat, "test", "mocha", "--no-compile", ...files];
// Hardhat's chai matchers refuse fractions in numeric assertions, so pure numerics run without them.
const chainFolders = readdirSync(join(root, "test")).filter(
  (name) => !["unit", "fork", "support", "doubles", "mutants"].includes(name),
);
const isCommandLine = (path) => path.includes(`${join("keeper", "cli")}`);

/** Suites of each part, the longest first. */
const parts = {
  unit: () => [{ name: "unit", args: [mocha, "--timeout", "120000", ...testsIn("test/unit")] }],
  solidity: () => [{ name: "solidity", args: [hardhat, "test", "solidity", "--no-compile"] }],
  chain: () => {
    const suites = chainFolders.map((name) => ({ name: `chain: ${name}`, files: testsIn(`test/${name}`) }));
    const keeper = suites.find((suite) => suite.name === "chain: keeper");
    suites.push({ name: "chain: command line", files: keeper.files.filter(isCommandLine) });
    keeper.files = keeper.files.filter((path) => !isCommandLine(path));
    return suites
      .filter((suite) => suite.files.length > 0)
      .map((suite) => ({ name: suite.name, args: onHardhat(suite.files) }));
  },
  fork: () => [{ name: "fork", args: onHardhat(testsIn("test/fork")) }],
};
const LONGEST_FIRST = [
  "chain: keeper",
  "chain: embedded",
  "chain: adapters",
  "chain: command line",
  "unit",
  "solidity",
];
const rank = ({ name }) => (LONGEST_FIRST.includes(name) ? LONGEST_FIRST.indexOf(name) : LONGEST_FIRST.length);

function suitesOf(names) {
  const unknown = names.find((name) => !(name in parts));
  if (unknown !== undefined) {
    console.error(`There is no test part "${unknown}". Choose from: ${Object.keys(parts).join(", ")}.`);
    process.exit(2);
  }
  return names.flatMap((name) => parts[name]()).sort((a, b) => rank(a) - rank(b));
}

/** Runs a suite; what it says goes to `say`. */
function runSuite(suite, say) {
  const started = Date.now();
  const env = environment();
  if (process.stdout.isTTY) env.FORCE_COLOR = "1";
  const child = spawn(packagedNode, suite.args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.on("data", say);
  child.stderr.on("data", say);
  return new Promise((resolve) => {
    const end = (outcome) => resolve({ ...suite, outcome, seconds: Math.round((Date.now() - started) / 1000) });
    child.on("error", (error) => end(error.message));
    child.on("close", (code, signal) => end(code === 0 ? "passed" : `failed, ${signal ?? `exit code ${code}`}`));
  });
}

async function runAll(suites, width) {
  const held = suites.map(() => []);
  const results = [];
  let next = 0;
  let live = 0;
  const show = (index) => {
    console.log(`\n== ${suites[index].name} ==`);
    for (const chunk of held[index].splice(0)) process.stdout.write(chunk);
  };
  show(live);
  const worker = async () => {
    while (next < suites.length) {
      const index = next++;
      const say = (chunk) => (index === live ? process.stdout.write(chunk) : held[index].push(chunk));
      results[index] = await runSuite(suites[index], say);
      if (index !== live) continue;
      while (results[live] !== undefined && ++live < suites.length) show(live);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}

setUp();
const named = process.argv.slice(2);
const results = await runAll(
  suitesOf(named.length > 0 ? named : ["unit", "solidity", "chain"]),
  Math.min(availableParallelism(), 4),
);
console.log("\n== summary ==");
for (const { name, outcome, seconds } of results) console.log(`${name.padEnd(20)} ${outcome} (${seconds} s)`);
process.exit(results.every(({ outcome }) => outcome === "passed") ? 0 : 1);
