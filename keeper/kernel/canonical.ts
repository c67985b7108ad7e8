/**
 * One spelling per value: what is hashed on one machine must be the same bytes on another.
 * Keys sorted by code unit, no white space, bigint as a decimal string, absent keys left out.
 */
import { keccak256, toUtf8Bytes } from "ethers";
import { InputError } from "./errors.ts";
import { type Hash, hash } from "./units.ts";

/** A value that has no canonical spelling. */
export class NotCanonicalError extends InputError {
  readonly code = "NOT_CANONICAL";
  readonly path: string;
  readonly problem: string;
  constructor(path: string, problem: string) {
    super(
      `The value at ${path} cannot be written as canonical JSON: ${problem}. Remove it or replace it by a plain value.`,
    );
    this.path = path;
    this.problem = problem;
  }
}

function write(value: unknown, path: string): string {
  if (value === null) return "null";
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value === "bigint") return `"${value}"`;
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new NotCanonicalError(path, `the number ${value} is not finite`);
    // Minus zero prints as 0 but compares unequal in places; one spelling for both.
    return JSON.stringify(value === 0 ? 0 : value);
  }
  if (Array.isArray(value)) return `[${value.map((item, index) => write(item, `${path}[${index}]`)).join(",")}]`;
  if (typeof value !== "object") throw new NotCanonicalError(path, `it is ${typeof value}`);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw new NotCanonicalError(path, "it is not a plain object");
  const fields = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, item]) => `${JSON.stringify(key)}:${write(item, `${path}.${key}`)}`);
  return `{${fields.join(",")}}`;
}

/** The canonical JSON of a plain value. @throws {NotCanonicalError} on NaN, infinity, undefined in arrays, functions, class instances. */
export const canonicalJson = (value: unknown): string => write(value, "$");

/** keccak256 of the UTF-8 bytes of the canonical JSON. */
export const canonicalHash = (value: unknown): Hash => hash(keccak256(toUtf8Bytes(canonicalJson(value))));
