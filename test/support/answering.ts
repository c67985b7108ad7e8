/** Makes a deployed contract answer one function otherwise: the hostile or impossible answers that its own code never gives. */

import { expect } from "chai";
import type { Interface } from "ethers";
import type { Connection } from "./venue.ts";

let installed = 0;

/**
 * `values` are the answer's ABI values, in order; `"nothing"` makes the function revert without a reason, as one that does not
 * exist. Everything else runs the contract's own code. Another call on the same target replaces nothing: both apply.
 */
export async function answering(
  { ethers, networkHelpers }: Connection,
  target: string,
  abi: Interface,
  name: string,
  values: readonly unknown[] | "nothing",
): Promise<void> {
  const fragment = abi.getFunction(name) ?? expect.fail(`no function ${name}`);
  installed += 1;
  const place = (kind: string): string =>
    ethers.getAddress(`0x${kind}${installed.toString(16).padStart(4, "0")}${"00".repeat(17)}`);
  const [inner, answer] = [place("c1"), place("a1")];
  await networkHelpers.setCode(inner, await ethers.provider.getCode(target));
  if (values !== "nothing") {
    const data = ethers.AbiCoder.defaultAbiCoder().encode(fragment.outputs, values);
    // A byte before it, so that no answer looks like a code of a format of its own.
    await networkHelpers.setCode(answer, `0x00${data.slice(2)}`);
  }
  const shell = await ethers.deployContract("AnswerShellDouble", [fragment.selector, answer, inner]);
  await networkHelpers.setCode(target, await ethers.provider.getCode(shell));
}
