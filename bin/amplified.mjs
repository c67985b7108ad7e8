#!/usr/bin/env node
// Sets the checkout up when needed, then runs the command line on the packaged Node 24.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { environment, packagedNode, root, setUp } from "../scripts/setup.mjs";

setUp();
const child = spawn(packagedNode, [join(root, "keeper", "cli", "main.ts"), ...process.argv.slice(2)], {
  stdio: "inherit",
  env: environment(),
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
