/** Reads the configuration file, lets the environment replace the RPC only, and refuses nonsense with every reason at once. */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { redactUrl } from "../chain/errors.ts";
import { canonicalHash } from "../kernel/canonical.ts";
import type { Hash } from "../kernel/units.ts";
import { ConfigError, type ConfigProblem } from "./errors.ts";
import { configSchema, type KeeperConfig } from "./schema.ts";

/** Environment variable that replaces `rpcUrls`; several URLs are separated by spaces. */
export const RPC_URL_VARIABLE = "AMPLIFIED_RPC_URL";

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value: unknown = root;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Object.entries(value).find(([name]) => name === String(key))?.[1];
  }
  return value;
}

function show(value: unknown): string {
  if (value === undefined) return "(missing)";
  if (typeof value === "string" && /^[a-z]+:\/\//i.test(value)) return JSON.stringify(redactUrl(value));
  const json = typeof value === "object" && value !== null ? "(an object)" : JSON.stringify(value);
  return json.length > 80 ? `${json.slice(0, 77)}...` : json;
}

const keyOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (key, part) =>
      typeof part === "number" ? `${key}[${part}]` : key === "" ? String(part) : `${key}.${String(part)}`,
    "",
  );

/** Validates a parsed configuration. @throws {ConfigError} that lists every wrong key with value and remedy. */
export function parseConfig(raw: unknown, source: string): KeeperConfig {
  const parsed = configSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue): ConfigProblem[] => {
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({
        key: keyOf([...issue.path, key]),
        value: show(valueAt(raw, [...issue.path, key])),
        remedy: "no such key: remove it, or correct its spelling",
      }));
    }
    const remedy =
      issue.code === "invalid_type" && issue.expected === "object" ? "an object with its keys" : issue.message;
    return [
      {
        key: keyOf(issue.path) || "(the whole file)",
        value: show(valueAt(raw, issue.path)),
        remedy: `must be ${remedy}`,
      },
    ];
  });
  const [first, ...rest] = problems;
  throw new ConfigError(source, [
    first ?? { key: "(the whole file)", value: show(raw), remedy: "must be an object" },
    ...rest,
  ]);
}

/** Loads a configuration file. `env` may replace the RPC, so that a secret URL need not stand in the file. */
export async function loadConfig(
  file: string,
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<KeeperConfig> {
  let content: string;
  try {
    content = await readFile(file, "utf8");
  } catch {
    throw new ConfigError(file, [
      { key: "(the file)", value: file, remedy: "cannot be read: name an existing JSON file" },
    ]);
  }
  let raw: unknown;
  try {
    raw = JSON.parse(content);
  } catch (error) {
    const detail = error instanceof SyntaxError ? error.message : "unknown problem";
    throw new ConfigError(file, [
      { key: "(the file)", value: file, remedy: `is not JSON (${detail}): correct the syntax` },
    ]);
  }
  const override = env[RPC_URL_VARIABLE]?.trim();
  const merged =
    override !== undefined && override !== "" && typeof raw === "object" && raw !== null
      ? { ...raw, rpcUrls: override.split(/\s+/) }
      : raw;
  const config = parseConfig(merged, file);
  // Beside the configuration, not beside wherever the verb is run from: another log would forget what this key has sent.
  const { policy } = config;
  const checkpoint = policy?.kind === "dqn" ? policy.checkpoint : undefined;
  return {
    ...config,
    txLog: resolve(dirname(file), config.txLog),
    ...(checkpoint === undefined
      ? {}
      : {
          policy: {
            kind: "dqn" as const,
            checkpoint: { ...checkpoint, path: resolve(dirname(file), checkpoint.path) },
          },
        }),
  };
}

/**
 * keccak256 of what decides the result: where the RPC is, where the log lies, where events start and when to send do not, so that a signer with another
 * node recomputes the same proposal under the same hash.
 */
export function configHash(config: KeeperConfig): Hash {
  const {
    rpcUrls: _rpcUrls,
    rpc: _rpc,
    txLog: _txLog,
    deploymentBlock: _block,
    patient: _patient,
    policy,
    ...decisive
  } = config;
  // Absent keys are left out: a configuration without a policy keeps the hash it had.
  const file = policy?.kind === "dqn" ? policy.checkpoint?.sha256 : undefined;
  return canonicalHash({ ...decisive, policy: policy === undefined ? undefined : { kind: policy.kind, file } });
}
