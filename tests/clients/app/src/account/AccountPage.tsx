// Signing in and registering: one form, since they differ by two fields.

import { useMutation } from "@apollo/client/react";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { Link, useLocation } from "wouter";

import { explain, otherProblems, problemOf, type UserError } from "../api/explain";
import { session } from "../api/session";
import { graphql } from "../generated";
import { Field } from "../ui/Field";
import { Problem } from "../ui/Message";
import { useTitle } from "../ui/useTitle";

const LOG_IN = graphql(`
  mutation LogIn($input: LoginInput!) {
    login(input: $input) {
      tokens {
        accessToken
        refreshToken
        expiresIn
      }
      userErrors {
        message
        path
      }
    }
  }
`);

const REGISTER = graphql(`
  mutation Register($input: RegisterInput!) {
    register(input: $input) {
      tokens {
        accessToken
        refreshToken
        expiresIn
      }
      userErrors {
        message
        path
      }
    }
  }
`);

const TEXTS = {
  "sign-in": { title: "Welcome back", action: "Sign in" },
  register: { title: "Join the rookery", action: "Create account" },
};

/** The fields that an error can be shown at. */
const FIELDS = ["identifier", "username", "email", "password", "displayName"];

export function AccountPage({ kind }: { kind: "sign-in" | "register" }) {
  const [logIn] = useMutation(LOG_IN);
  const [register] = useMutation(REGISTER);
  const [errors, setErrors] = useState<UserError[]>([]);
  const [failure, setFailure] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const [, goTo] = useLocation();
  const form = useRef<HTMLFormElement>(null);
  const isNew = kind === "register";
  const { title, action } = TEXTS[kind];
  useTitle(action);

  // The first field that is wrong is where to go on.
  useEffect(() => {
    if (errors.length > 0) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [errors]);

  async function enter(fields: FormData) {
    const text = (name: string) => String(fields.get(name) ?? "");
    const password = text("password");
    if (isNew) {
      const displayName = text("displayName").trim() || null;
      const input = { username: text("username"), email: text("email"), displayName, password };
      return (await register({ variables: { input } })).data?.register;
    }
    const input = { identifier: text("identifier"), password };
    return (await logIn({ variables: { input } })).data?.login;
  }

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    setIsBusy(true);
    setFailure(undefined);
    try {
      const payload = await enter(new FormData(event.currentTarget));
      if (payload?.tokens) {
        goTo("/");
        session.begin(payload.tokens);
        return;
      }
      setErrors(payload?.userErrors ?? []);
    } catch (error) {
      setFailure(explain(error));
    }
    setIsBusy(false);
  }

  const field = (name: string) => ({ name, problem: problemOf(errors, name) });
  return (
    <div className="account-page card">
      <h1>{title}</h1>
      <form ref={form} onSubmit={(event) => void submit(event)} noValidate>
        {isNew ? (
          <>
            <Field {...field("username")} label="Username" hint="3 to 30 letters, digits and _" autoComplete="username" />
            <Field {...field("email")} label="Email" type="email" autoComplete="email" />
            <Field {...field("displayName")} label="Name, if you like" autoComplete="name" />
          </>
        ) : (
          <Field {...field("identifier")} label="Username or email" autoComplete="username" />
        )}
        <Field
          {...field("password")}
          label="Password"
          type="password"
          {...(isNew && { hint: "At least 8 characters" })}
          autoComplete={isNew ? "new-password" : "current-password"}
        />
        {otherProblems(errors, FIELDS).map((message) => (
          <Problem key={message}>{message}</Problem>
        ))}
        {failure && <Problem>{failure}</Problem>}
        <button type="submit" disabled={isBusy}>
          {action}
        </button>
      </form>
      {isNew ? (
        <p className="aside">
          You have an account? <Link href="/sign-in">Sign in</Link>
        </p>
      ) : (
        <p className="aside">
          You are new here? <Link href="/register">Create an account</Link>
        </p>
      )}
    </div>
  );
}
