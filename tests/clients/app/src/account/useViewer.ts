import { useQuery } from "@apollo/client/react";

import { session } from "../api/session";
import { graphql } from "../generated";

const ME = graphql(`
  query Me {
    me {
      id
      username
      displayName
      bio
      ...Avatar
      postCount
      followerCount
      followingCount
    }
  }
`);

/** Who is signed in; null for a stranger, and until that is known. */
export function useViewer() {
  const { data } = useQuery(ME, { skip: !session.isSignedIn() });
  return data?.me ?? null;
}
