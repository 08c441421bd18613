// What stands beside a feed where there is room, and below nothing where there is none.

import { Link } from "wouter";

import { useViewer } from "../account/useViewer";
import { session } from "../api/session";
import { Avatar } from "../people/Avatar";
import { Count } from "../people/PersonPage";
import { Suggestions } from "../people/Suggestions";

export function Aside() {
  return (
    <aside className="aside-column">
      {session.isSignedIn() ? <Oneself /> : <Welcome />}
      <Suggestions />
    </aside>
  );
}

function Oneself() {
  const viewer = useViewer();
  if (!viewer) return null;
  return (
    <section className="card oneself" aria-label="You">
      <Link className="oneself-name" href={`/people/${viewer.username}`}>
        <Avatar of={viewer} />
        <span>
          <strong>{viewer.displayName ?? viewer.username}</strong>
          <span className="muted">@{viewer.username}</span>
        </span>
      </Link>
      <dl className="counts">
        <Count of={viewer.postCount} what="posts" />
        <Count of={viewer.followerCount} what="followers" />
        <Count of={viewer.followingCount} what="following" />
      </dl>
    </section>
  );
}

function Welcome() {
  return (
    <section className="card welcome" aria-labelledby="welcome">
      <h2 id="welcome">Where rooks gather, there is news</h2>
      <p>Join to follow people, vote, and have your say.</p>
      <Link className="button" href="/register">
        Create an account
      </Link>
    </section>
  );
}
