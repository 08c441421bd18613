// People whose posts go down well, for whoever follows few.

import { useQuery } from "@apollo/client/react";
import { useState } from "react";
import { Link } from "wouter";

import { session } from "../api/session";
import { graphql, type DocumentType } from "../generated";
import { Avatar } from "./Avatar";
import { FollowButton } from "./FollowButton";

const SUGGESTIONS = graphql(`
  query Suggestions {
    popular: posts(first: 30, orderBy: HOT) {
      nodes {
        id
        owner {
          id
          username
          displayName
          isViewer
          viewerIsFollowing
          ...Avatar
          ...FollowButton
        }
      }
    }
  }
`);

const SHOWN = 5;

type Person = DocumentType<typeof SUGGESTIONS>["popular"]["nodes"][number]["owner"];

export function Suggestions() {
  const { data } = useQuery(SUGGESTIONS);
  const owners = new Map(data?.popular.nodes.map(({ owner }) => [owner.id, owner]));
  return owners.size > 0 && <People owners={owners} />;
}

function People({ owners }: { owners: Map<string, Person> }) {
  // Who was chosen stays, also when followed from here.
  const [chosen] = useState(() => {
    const strangers = [...owners.values()].filter((person) => !person.isViewer && !person.viewerIsFollowing);
    return strangers.slice(0, SHOWN).map(({ id }) => id);
  });
  const people = chosen.flatMap((id) => owners.get(id) ?? []);
  if (people.length === 0) return null;
  return (
    <section className="card suggestions" aria-labelledby="suggestions">
      <h2 id="suggestions">{session.isSignedIn() ? "Worth following" : "Heard here"}</h2>
      <ul>
        {people.map((person) => (
          <li key={person.id}>
            <Avatar of={person} small />
            <Link className="name" href={`/people/${person.username}`}>
              {person.displayName ?? person.username}
            </Link>
            <FollowButton person={person} />
          </li>
        ))}
      </ul>
    </section>
  );
}
