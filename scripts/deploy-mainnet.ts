/**
 * `npm run deploy:mainnet -- [--confirm-address <name>]...`: the Ignition deployment, with the addresses that its operator
 * has checked. Further options go to Hardhat.
 */
import { spawnSync } from "node:child_process";
import { CONFIRM_VARIABLE } from "../deploy/chains/confirmed.ts";

const FLAG = "--confirm-address";
const HELP = `Deploys the engine to mainnet by Hardhat Ignition.

Usage: npm run deploy:mainnet -- [${FLAG} <name>]... [options of hardhat ignition deploy]

  ${FLAG} <name>  the entry of deploy/chains/mainnet.ts that you have checked at its publisher and on the chain;
                           needed once for each entry marked "confirmed: false" that the plan uses`;

const names: string[] = [];
const rest: string[] = [];
const given = process.argv.slice(2);
while (given.length > 0) {
  const next = given.shift() ?? "";
  if (next === FLAG) names.push(given.shift() ?? "");
  else if (next.startsWith(`${FLAG}=`)) names.push(next.slice(FLAG.length + 1));
  else rest.push(next);
}
if (rest.includes("--help")) {
  process.stdout.write(`${HELP}\n`);
} else {
  const { status } = spawnSync(
    "npx",
    ["hardhat", "ignition", "deploy", "deploy/modules/mainnet.ts", "--network", "mainnet", ...rest],
    { stdio: "inherit", env: { ...process.env, [CONFIRM_VARIABLE]: names.join(",") } },
  );
  process.exitCode = status ?? 1;
}
