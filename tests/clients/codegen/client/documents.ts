// Operations as a frontend writes them with graphql-codegen's client preset: each has its types.
import { graphql } from "./generated/gql.js";

export const PostCard = graphql(`
  fragment PostCard on Post {
    id
    title
    createdAt
    score
    viewerVote
    owner { id username displayName }
  }
`);

export const Feed = graphql(`
  query Feed($first: Int!, $after: String, $orderBy: PostOrder! = NEWEST) {
    posts(first: $first, after: $after, orderBy: $orderBy) {
      edges { cursor node { id ...PostCard } }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

export const Look = graphql(`
  query Look($by: UserBy!) {
    user(by: $by) { id username bio email followerCount }
  }
`);

export const AnyNode = graphql(`
  query AnyNode($id: ID!) {
    node(id: $id) {
      __typename
      id
      ... on Post { title }
      ... on User { username }
    }
  }
`);

export const Vote = graphql(`
  mutation Vote($input: VoteInput!) {
    vote(input: $input) {
      post { id score viewerVote }
      userErrors { code message path }
    }
  }
`);

export const Follow = graphql(`
  subscription FollowComments($postId: ID!) {
    commentAdded(postId: $postId) { id content author { username } }
  }
`);
