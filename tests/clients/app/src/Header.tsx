import { useMutation } from "@apollo/client/react";
import { Link } from "wouter";

import { useViewer } from "./account/useViewer";
import { session } from "./api/session";
import { graphql } from "./generated";
import { Avatar } from "./people/Avatar";
import { Rook } from "./ui/icons";

const LOG_OUT = graphql(`
  mutation LogOut {
    logout(input: {}) {
      endedSessionId
    }
  }
`);

const FEEDS = [
  { name: "Following", href: "/" },
  { name: "Popular", href: "/popular" },
  { name: "Newest", href: "/newest" },
];
/** Who follows nobody begins with what is popular. */
const FEEDS_OF_STRANGERS = [
  { name: "Popular", href: "/" },
  { name: "Newest", href: "/newest" },
];

const active = (isActive: boolean) => (isActive ? "active" : "");

export function Header() {
  return (
    <header className="header">
      <div className="header-inner">
        <Link className="brand" href="/">
          <Rook />
          <span>Rookery</span>
        </Link>
        <nav className="tabs" aria-label="Feeds">
          {(session.isSignedIn() ? FEEDS : FEEDS_OF_STRANGERS).map(({ name, href }) => (
            <Link key={href} className={active} href={href}>
              {name}
            </Link>
          ))}
        </nav>
        <Account />
      </div>
    </header>
  );
}

function Account() {
  const viewer = useViewer();
  const [logOut] = useMutation(LOG_OUT);
  if (!session.isSignedIn()) {
    return (
      <div className="account">
        <Link className="button quiet" href="/sign-in">
          Sign in
        </Link>
        <Link className="button wide-only" href="/register">
          Join
        </Link>
      </div>
    );
  }
  // Signed out here in any case: a session that could not be ended on the server runs out by itself.
  const leave = () => logOut().catch(() => {}).finally(session.end);
  return (
    <div className="account">
      {viewer && (
        <Link className="account-link" href={`/people/${viewer.username}`} title="Your profile">
          <Avatar of={viewer} small />
          <span className="wide-only">{viewer.displayName ?? viewer.username}</span>
        </Link>
      )}
      <button className="quiet" type="button" onClick={() => void leave()}>
        Sign out
      </button>
    </div>
  );
}
