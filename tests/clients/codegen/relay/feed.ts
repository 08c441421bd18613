// A feed as Relay's users write it: pages by `@connection`, refetched by `node`, and a list that
// mutations and subscriptions change.
import { graphql } from "relay-runtime";

export const query = graphql`
  query feedQuery($first: Int!, $after: String) {
    me { ...feed_profile }
    ...feed_posts @arguments(first: $first, after: $after)
  }
`;

export const posts = graphql`
  fragment feed_posts on Query
  @argumentDefinitions(first: { type: "Int", defaultValue: 10 }, after: { type: "String" })
  @refetchable(queryName: "feedPostsPaginationQuery") {
    feed(first: $first, after: $after) @connection(key: "feed_feed") {
      edges { node { id ...feed_post } }
      totalCount
    }
  }
`;

export const post = graphql`
  fragment feed_post on Post @refetchable(queryName: "feedPostRefetchQuery") {
    title
    createdAt
    score
    viewerVote
    owner { username }
  }
`;

export const profile = graphql`
  fragment feed_profile on User
  @argumentDefinitions(last: { type: "Int", defaultValue: 5 }, before: { type: "String" })
  @refetchable(queryName: "feedProfilePaginationQuery") {
    username
    followers(last: $last, before: $before) @connection(key: "feed_followers") {
      edges { node { username } }
    }
  }
`;

export const write = graphql`
  mutation feedWriteMutation($input: CreatePostInput!, $connections: [ID!]!) {
    createPost(input: $input) {
      post @prependNode(connections: $connections, edgeTypeName: "PostEdge") { id ...feed_post }
      userErrors { code message path }
    }
  }
`;

export const remove = graphql`
  mutation feedRemoveMutation($input: DeletePostInput!, $connections: [ID!]!) {
    deletePost(input: $input) {
      deletedPostId @deleteEdge(connections: $connections)
      userErrors { message }
    }
  }
`;

export const added = graphql`
  subscription feedAddedSubscription($connections: [ID!]!) {
    feedPostAdded @prependNode(connections: $connections, edgeTypeName: "PostEdge") { id ...feed_post }
  }
`;
