/** Reading decoded results: ethers returns untyped rows, and a wrong shape must be an error that names the call. */
import { type Interface, Result } from "ethers";
import { type Address, address } from "../kernel/units.ts";
import { DecodeError } from "./errors.ts";
import { functionCodec, type Words } from "./words.ts";

/** A decoded row with the name of the call for errors. */
export interface Row {
  readonly what: string;
  readonly result: Result | Words;
}

export type Key = string | number;

function pick({ what, result }: Row, key: Key): unknown {
  const value: unknown = typeof key === "string" ? result.getValue(key) : result.at(key);
  if (value === undefined) throw new DecodeError(what, `it has no field ${key}`);
  return value;
}

export function uint(row: Row, key: Key): bigint {
  const value = pick(row, key);
  if (typeof value !== "bigint") throw new DecodeError(row.what, `field ${key} is not an integer`);
  return value;
}

/** As {@link uint}, for signed fields: ethers gives both as bigint. */
export const signed = uint;

/** An integer that must fit a JavaScript number exactly. */
export function int(row: Row, key: Key): number {
  const value = Number(uint(row, key));
  if (!Number.isSafeInteger(value)) throw new DecodeError(row.what, `field ${key} is beyond 2^53`);
  return value;
}

export function bool(row: Row, key: Key): boolean {
  const value = pick(row, key);
  if (typeof value !== "boolean") throw new DecodeError(row.what, `field ${key} is not a boolean`);
  return value;
}

export function text(row: Row, key: Key): string {
  const value = pick(row, key);
  if (typeof value !== "string") throw new DecodeError(row.what, `field ${key} is not a string`);
  return value;
}

export const addr = (row: Row, key: Key): Address => address(text(row, key));

export function struct(row: Row, key: Key): Row {
  const value = pick(row, key);
  if (!(value instanceof Result)) throw new DecodeError(row.what, `field ${key} is not a struct`);
  return { what: `${row.what}.${key}`, result: value };
}

export function list(row: Row, key: Key): readonly Row[] {
  const { result, what } = struct(row, key);
  return Array.from({ length: result.length }, (_, index) => struct({ what, result }, index));
}

export function addresses(row: Row, key: Key): readonly Address[] {
  const inner = struct(row, key);
  return Array.from({ length: inner.result.length }, (_, index) => addr(inner, index));
}

/** Decodes a function's return data into a row. @throws {DecodeError} on data of another shape. */
export function decodeRow(iface: Interface, fragment: string, data: string, what: string): Row {
  try {
    const codec = functionCodec(iface, fragment);
    return { what, result: codec === null ? iface.decodeFunctionResult(fragment, data) : codec.decode(data) };
  } catch {
    throw new DecodeError(
      what,
      data === "0x" ? "it is empty (no code at the address?)" : `unexpected data of ${(data.length - 2) / 2} bytes`,
    );
  }
}
