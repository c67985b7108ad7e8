// `node scripts/run.mjs FILE.ts [arguments]`: runs a script of this folder with the packaged Node, from a fresh clone as well.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { environment, packagedNode, root, setUp } from "./setup.mjs";

const [script = "", ...args] = process.argv.slice(2);
setUp();
const ran = spawnSync(packagedNode, [join(root, "scripts", script), ...args], {
  cwd: root,
  stdio: "inherit",
  env: environment(),
});
process.exit(ran.status ?? 1);
