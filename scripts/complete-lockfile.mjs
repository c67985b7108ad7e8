// After `npm install` on a registry mirror that lacks some platforms' prebuilt packages, npm leaves them out of the lockfile
// and then `npm ci` refuses it. This adds the missing optional entries (version, os, cpu), so that the lockfile is complete
// on every platform; each platform's own npm fetches and checks only its own.
import { readFileSync, writeFileSync } from "node:fs";

const path = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(path, "utf8"));
const platforms = [
  "android",
  "darwin",
  "freebsd",
  "linux",
  "openharmony",
  "win32",
  "aix",
  "netbsd",
  "openbsd",
  "sunos",
];
const processors = ["arm64", "x64", "ia32", "arm", "ppc64", "s390x", "riscv64", "loong64", "mips64el"];

const provided = (location, name) => {
  for (let base = location; ; base = base.slice(0, Math.max(0, base.lastIndexOf("/node_modules/")))) {
    const candidate = `${base === "" ? "" : `${base}/`}node_modules/${name}`;
    if (lock.packages[candidate]) return { candidate, entry: lock.packages[candidate] };
    if (base === "") return undefined;
  }
};

let added = 0;
for (const [location, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const words = name.split(/[-/]/);
    const os = words.find((word) => platforms.includes(word));
    const cpu = words.find((word) => processors.includes(word));
    if (!os || !cpu || !/^\d/.test(version)) continue;
    const found = provided(location, name);
    if (found?.entry.version === version) continue;
    const where = found ? `${location}/node_modules/${name}` : `node_modules/${name}`;
    lock.packages[where] = { version, cpu: [cpu], ...(entry.dev ? { dev: true } : {}), optional: true, os: [os] };
    added += 1;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} platform packages added to package-lock.json`);
