// Operations as a frontend writes them with Apollo's client.
import { gql } from "@apollo/client";

export const POST = gql`
  fragment PostParts on Post {
    id
    title
    score
    viewerVote
    commentCount
    owner { id username }
  }
`;

export const FEED = gql`
  query Feed($first: Int!, $after: String) {
    feed(first: $first, after: $after) {
      edges { cursor node { ...PostParts } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      totalCount
    }
  }
  ${POST}
`;

export const ME = gql`
  query Me {
    me { id username displayName }
  }
`;

export const REGISTER = gql`
  mutation Register($input: RegisterInput!) {
    register(input: $input) {
      tokens { accessToken refreshToken }
      userErrors { code message path }
    }
  }
`;

export const VOTE = gql`
  mutation Vote($input: VoteInput!) {
    vote(input: $input) {
      post { ...PostParts }
      userErrors { code message path }
    }
  }
  ${POST}
`;

export const CREATE = gql`
  mutation Create($input: CreatePostInput!) {
    createPost(input: $input) {
      post {
        ...PostParts
        imageUrl
        image { width height altText }
      }
      userErrors { code message path }
    }
  }
  ${POST}
`;

export const COMMENTS = gql`
  subscription Comments($postId: ID!) {
    commentAdded(postId: $postId) {
      id
      content
      post { id commentCount }
    }
  }
`;
