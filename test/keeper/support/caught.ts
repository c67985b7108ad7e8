import { expect } from "chai";

/** The error a promise rejects with, which must be of the class. Fails when it does not reject. */
export async function caught<T extends Error>(
  promise: Promise<unknown>,
  type: abstract new (...args: never[]) => T,
): Promise<T> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof type) return error;
    throw error;
  }
  return expect.fail(`${type.name} was expected`);
}

/** The same for a function. */
export const caughtSync = <T extends Error>(
  run: () => unknown,
  type: abstract new (...args: never[]) => T,
): Promise<T> => caught((async () => run())(), type);
