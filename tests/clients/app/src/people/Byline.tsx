import type { ReactNode } from "react";
import { Link } from "wouter";

import { graphql, readFragment, type FragmentType } from "../generated";
import { Time } from "../ui/Time";
import { Avatar } from "./Avatar";

const BYLINE = graphql(`
  fragment Byline on User {
    username
    displayName
    ...Avatar
  }
`);

interface Props {
  by: FragmentType<typeof BYLINE>;
  at: string;
  small?: boolean;
  /** What else is to be said, at the end of the line. */
  children?: ReactNode;
}

/** Who said it, and when. */
export function Byline({ by, at, small, children }: Props) {
  const person = readFragment(BYLINE, by);
  return (
    <div className="byline">
      <Avatar of={person} {...(small && { small })} />
      <Link className="name" href={`/people/${person.username}`}>
        {person.displayName ?? person.username}
      </Link>
      <span className="when">
        <Time at={at} />
      </span>
      {children}
    </div>
  );
}
