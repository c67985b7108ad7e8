/** The key that signs: from a file only this user can read, plain or as an encrypted keystore. Never from an environment value. */
import { readFile, stat } from "node:fs/promises";
import { Wallet } from "ethers";
import { z } from "zod";
import { KeyFileError } from "./errors.ts";

async function readPrivateFile(file: string): Promise<string> {
  let mode: number;
  try {
    mode = (await stat(file)).mode & 0o777;
  } catch {
    throw new KeyFileError(file, "it cannot be found", "Name an existing file.");
  }
  if ((mode & 0o077) !== 0) {
    throw new KeyFileError(
      file,
      `others may read it (mode ${mode.toString(8).padStart(4, "0")})`,
      "Run chmod 600 on it.",
    );
  }
  try {
    return (await readFile(file, "utf8")).trim();
  } catch {
    throw new KeyFileError(file, "it cannot be read", "Check its owner.");
  }
}

/** Loads a key file: 32 bytes of hex, or an Ethereum keystore JSON whose password stands in `passwordFile`. Both need mode 0600. */
export async function loadSigner(file: string, passwordFile?: string): Promise<Wallet> {
  const content = await readPrivateFile(file);
  if (content.startsWith("{")) {
    if (passwordFile === undefined) {
      throw new KeyFileError(
        file,
        "it is an encrypted keystore and no password file is named",
        "Name the password file.",
      );
    }
    const password = await readPrivateFile(passwordFile);
    try {
      const decrypted = await Wallet.fromEncryptedJson(content, password);
      return new Wallet(decrypted.privateKey);
    } catch {
      // The library's error could quote file contents; its text stays out of logs.
      throw new KeyFileError(
        file,
        "the keystore does not open",
        "Check the password and that the file is a version 3 keystore.",
      );
    }
  }
  const key = /^(0x)?[0-9a-fA-F]{64}$/.test(content) ? content : null;
  if (key === null)
    throw new KeyFileError(file, "it holds neither 32 bytes of hex nor a keystore", "Write the key as 64 hex digits.");
  try {
    return new Wallet(key.startsWith("0x") ? key : `0x${key}`);
  } catch {
    throw new KeyFileError(file, "the number is no valid secp256k1 key", "Generate a new key.");
  }
}

const named = z.string().min(1);

/** Loads the key whose file an environment variable names; `<variable>_PASSWORD` may name the keystore's password file. */
export async function loadSignerFromEnv(
  env: Readonly<Record<string, string | undefined>>,
  variable: string,
): Promise<Wallet> {
  const file = named.safeParse(env[variable]);
  if (!file.success)
    throw new KeyFileError(`$${variable}`, "the variable is empty", `Set ${variable} to the path of a key file.`);
  return loadSigner(file.data, env[`${variable}_PASSWORD`]);
}
