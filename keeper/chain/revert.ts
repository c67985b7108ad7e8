/** Revert data in words: the project's own errors by name and values, Solidity's built-in ones, Safe's codes. */
import type { Interface } from "ethers";
import { ILiquidityVault__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/ILiquidityVault__factory.ts";
import { Errors__factory } from "../../types/ethers-contracts/factories/contracts/libraries/Errors__factory.ts";
import { ProposalModule__factory } from "../../types/ethers-contracts/factories/contracts/ProposalModule__factory.ts";
import { plainWords } from "./plain-words.ts";

// The module's own interface brings what it inherits, e.g. the AccessManager's refusal of a caller without the role.
const interfaces: Interface[] = [
  Errors__factory.createInterface(),
  ILiquidityVault__factory.createInterface(),
  ProposalModule__factory.createInterface(),
];

/** Lets a caller teach the decoder further interfaces, e.g. OpenZeppelin's errors in a compiled contract. */
export function addErrorInterface(iface: Interface): void {
  interfaces.push(iface);
}

export interface DecodedRevert {
  readonly name: string;
  /** Argument name to value, as text. */
  readonly args: Readonly<Record<string, string>>;
}

/** The custom or built-in error in revert data; null when it is not known. */
export function decodeRevert(data: string): DecodedRevert | null {
  if (data.length < 10) return null;
  for (const iface of interfaces) {
    let parsed: ReturnType<Interface["parseError"]>;
    try {
      parsed = iface.parseError(data);
    } catch {
      // Selector known, arguments not: another contract's error of the same selector. Try the next interface.
      continue;
    }
    if (parsed !== null) {
      const args: Record<string, string> = {};
      parsed.fragment.inputs.forEach((input, index) => {
        args[input.name === "" ? String(index) : input.name] = String(parsed.args[index]);
      });
      return { name: parsed.name, args };
    }
  }
  return null;
}

/** For people: what it means where that is known, and always the error: `ProposalModule_Expired(timestamp 18, deadline 17)`. */
export function explainRevert(data: string, nodeMessage = ""): string {
  const decoded = decodeRevert(data);
  if (decoded !== null) {
    const args = Object.entries(decoded.args).map(([name, value]) => `${name} ${value}`);
    const error = `${decoded.name}(${args.join(", ")})`;
    const meaning = plainWords(decoded);
    return meaning === null ? error : `${meaning} [${error}]`;
  }
  if (data.length >= 10) return `unknown error ${data.slice(0, 10)} (${(data.length - 2) / 2} bytes)`;
  return nodeMessage === "" ? "reverted without a reason" : nodeMessage;
}
