/** How every verb prints: text for people, one JSON document with --json, one clear error, an exit code by class. */
import { EngineError, EXIT, type ExitCode } from "../kernel/errors.ts";

export interface OutputOptions {
  readonly json?: boolean;
}

/** bigint as decimal strings, so that no amount passes through a float. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_key, item: unknown) => (typeof item === "bigint" ? item.toString() : item), 2);

/** What a verb returns: the same facts for a program and for a person. */
export interface CommandResult {
  readonly data: unknown;
  readonly text: string;
  readonly exitCode?: ExitCode;
}

function printFailure(code: string, message: string, json: boolean): void {
  if (json) process.stdout.write(`${toJson({ error: { code, message } })}\n`);
  else process.stderr.write(`error ${code}: ${message}\n`);
}

function printError(error: unknown, json: boolean): ExitCode {
  const known = error instanceof EngineError;
  printFailure(known ? error.code : "UNEXPECTED", error instanceof Error ? error.message : String(error), json);
  // A programming error deserves its stack; a known failure has said everything already.
  if (!known && error instanceof Error && error.stack) process.stderr.write(`${error.stack}\n`);
  return known ? error.exitCode : EXIT.unexpected;
}

/** A command line that does not parse: one line with the way to the help, or one document with --json. */
export function printUsageError(message: string, args: readonly string[]): void {
  const said = message
    .trim()
    .replace(/^error: /, "")
    .replace(/\s*\n\s*/g, " ")
    .replace(/\.$/, "");
  printFailure("USAGE", `${said}. See --help.`, args.includes("--json"));
}

/** Runs a verb and sets the exit code; never throws. */
export async function runCommand(options: OutputOptions, action: () => Promise<CommandResult>): Promise<void> {
  try {
    const result = await action();
    process.stdout.write(`${options.json ? toJson(result.data) : result.text}\n`);
    process.exitCode = result.exitCode ?? EXIT.ok;
  } catch (error) {
    process.exitCode = printError(error, options.json ?? false);
  }
}

/** Progress goes to stderr, so that stdout stays one document. */
export const progress = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
