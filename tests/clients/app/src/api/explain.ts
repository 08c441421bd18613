// What went wrong, in words for whoever uses the app.

import { CombinedGraphQLErrors, ServerError } from "@apollo/client";

export interface UserError {
  message: string;
  path: string[];
}

export function explain(error: unknown): string {
  if (CombinedGraphQLErrors.is(error)) {
    const [first] = error.errors;
    const seconds = first?.extensions?.["retryAfter"];
    if (typeof seconds === "number") return `That was a little fast. Try again in ${seconds} s.`;
    return first?.message ?? "Something went wrong.";
  }
  if (ServerError.is(error)) return `The server is not well (${error.statusCode}).`;
  return "The server cannot be reached. Are you online?";
}

/** What is wrong with one field of a form: errors name it at the end of their path. */
export const problemOf = (errors: readonly UserError[], field: string) =>
  errors.find(({ path }) => path.at(-1) === field)?.message;

/** What is wrong with none of these fields in particular. */
export const otherProblems = (errors: readonly UserError[], fields: readonly string[]) =>
  errors.filter(({ path }) => !fields.includes(path.at(-1) ?? "")).map(({ message }) => message);
