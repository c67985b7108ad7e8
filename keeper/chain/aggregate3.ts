/**
 * The ABI of Multicall3's `aggregate3`, written out on hex strings. The general codec turns every byte into a number and back:
 * 0.1 ms a call each way, which for a read of several hundred calls is most of its time. A test holds this against the general
 * codec of the compiled interface.
 */
import { IMulticall3__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/multicall/IMulticall3__factory.ts";
import { DecodeError } from "./errors.ts";

const { selector } = IMulticall3__factory.createInterface().getFunction("aggregate3");
/** Hex digits of a word. */
const WORD = 64;
/** More results than any node answers: a larger count is nonsense, not a large answer. */
const MAX_RESULTS = 100_000;

const word = (value: number): string => value.toString(16).padStart(WORD, "0");
const pad = (digits: string): string => digits.padEnd(Math.ceil(digits.length / WORD) * WORD, "0");

/** Calldata of `aggregate3` with `allowFailure` for each call. Calldata must be whole bytes of hex with 0x. */
export function encodeAggregate3(calls: readonly { readonly target: string; readonly data: string }[]): string {
  const tuples = calls.map(({ target, data }) => {
    const digits = data.slice(2);
    // Target, allowFailure, where the bytes begin in the tuple, their length, the bytes.
    return `${target.slice(2).toLowerCase().padStart(WORD, "0")}${word(1)}${word(96)}${word(digits.length / 2)}${pad(digits)}`;
  });
  let offset = calls.length * 32;
  const offsets = tuples.map((tuple) => {
    const here = word(offset);
    offset += tuple.length / 2;
    return here;
  });
  return `${selector}${word(32)}${word(calls.length)}${offsets.join("")}${tuples.join("")}`.toLowerCase();
}

export interface Aggregate3Result {
  readonly success: boolean;
  readonly returnData: string;
}

/** Results of `aggregate3`. @throws {DecodeError} on data of another shape. */
export function decodeAggregate3(result: string): readonly Aggregate3Result[] {
  const digits = result.slice(2);
  /** The number in the word at a byte offset. */
  const numberAt = (offset: number): number => {
    const text = digits.slice(offset * 2, offset * 2 + WORD);
    if (text.length !== WORD) throw new DecodeError("aggregate3", `it ends before byte ${offset + 32}`);
    const value = Number(`0x${text}`);
    if (!Number.isSafeInteger(value)) throw new DecodeError("aggregate3", `the number at byte ${offset} is too large`);
    return value;
  };
  const list = numberAt(0);
  const count = numberAt(list);
  if (count > MAX_RESULTS) throw new DecodeError("aggregate3", `it claims ${count} results`);
  const first = list + 32;
  return Array.from({ length: count }, (_, index): Aggregate3Result => {
    const tuple = first + numberAt(first + index * 32);
    const success = numberAt(tuple);
    if (success > 1) throw new DecodeError("aggregate3", `success of result ${index} is ${success}`);
    const bytes = tuple + numberAt(tuple + 32);
    const length = numberAt(bytes);
    const returnData = digits.slice((bytes + 32) * 2, (bytes + 32 + length) * 2);
    if (returnData.length !== length * 2) throw new DecodeError("aggregate3", `result ${index} is cut off`);
    return { success: success === 1, returnData: `0x${returnData}` };
  });
}
