/** Reading an adapter's immutables, by the compiled adapter's own interface. */
import type { Interface } from "ethers";
import { addr, bool, struct } from "../chain/fields.ts";
import { type ViewCall, view } from "../chain/multicall.ts";
import { ChainError } from "../kernel/errors.ts";
import type { Address } from "../kernel/units.ts";

export const targetOf = (adapterInterface: Interface, adapter: Address, immutable: string): ViewCall<Address> =>
  view(adapterInterface, adapter, immutable, [], (row) => addr(row, 0));

/** A protocol was asked for a rate before its adapter's targets were read. */
export class MissingTargetError extends ChainError {
  readonly code = "MISSING_TARGET";
  readonly protocol: string;
  readonly index: number;
  constructor(protocol: string, index: number) {
    super(`Protocol ${protocol} needs target ${index} of its adapter. Read protocol.targets first.`);
    this.protocol = protocol;
    this.index = index;
  }
}

/** A range without extent has no worth to divide. */
export class TwinRangeError extends ChainError {
  readonly code = "TWIN_RANGE";
  constructor(lower: number, upper: number) {
    super(`The range from ${lower} to ${upper} holds nothing. Check the adapter's ticks.`);
  }
}

export function targetAt(protocol: string, targets: readonly Address[], index: number): Address {
  const target = targets[index];
  if (target === undefined) throw new MissingTargetError(protocol, index);
  return target;
}

export const viewBool = (
  iface: Interface,
  target: Address,
  name: string,
  args: readonly unknown[] = [],
): ViewCall<boolean> => view(iface, target, name, args, (row) => bool(row, 0));

export const viewAddress = (iface: Interface, target: Address, name: string): ViewCall<Address> =>
  view(iface, target, name, [], (row) => addr(row, 0));

/** Number of entries of a view that returns one array. */
export const viewLength = (iface: Interface, target: Address, name: string): ViewCall<number> =>
  view(iface, target, name, [], (row) => struct(row, 0).result.length);
