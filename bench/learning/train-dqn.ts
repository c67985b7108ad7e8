/** Writes keeper/policy/dqn/policy.json: trained on simulated regimes only, so no recorded day can have leaked into it. */
import { parseArgs } from "node:util";
import { saveCheckpoint } from "../../keeper/policy/dqn/checkpoint.ts";
import { SHIPPED_POLICY } from "../../keeper/policy/dqn/shipped.ts";
import { trainPolicy } from "./dqn-worlds.ts";

const { values: flags } = parseArgs({
  options: {
    out: { type: "string", default: SHIPPED_POLICY },
    seed: { type: "string", default: "1" },
    episodes: { type: "string", default: "2000" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (flags.help) {
  process.stdout.write(
    "node bench/learning/train-dqn.ts [--out FILE] [--seed N] [--episodes N] [--json]\n  --out       where the policy is written; the shipped one by default\n  --seed      of everything random; the same seed gives the same bytes\n  --episodes  of 55 weeks each\n  --json      print one JSON document\n",
  );
  process.exit(0);
}
const [seed, episodes] = [Number(flags.seed), Number(flags.episodes)];
const agent = trainPolicy(seed, episodes, (line) => process.stderr.write(`${line}\n`));
saveCheckpoint(
  flags.out,
  agent,
  `Trained on ${episodes} simulated episodes from seed ${seed}; no recorded data.`,
  false,
);
const said = { file: flags.out, seed, episodes, steps: agent.steps, updates: agent.network.steps };
process.stdout.write(flags.json ? `${JSON.stringify(said)}\n` : `${agent.steps} weeks, ${said.updates} updates\n`);
