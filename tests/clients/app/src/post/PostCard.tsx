import { useSubscription } from "@apollo/client/react";
import { useId } from "react";
import { Link } from "wouter";

import { graphql, readFragment, type FragmentType } from "../generated";
import { Byline } from "../people/Byline";
import { Bubble, Lock } from "../ui/icons";
import { useOnScreen } from "../ui/useOnScreen";
import { Picture } from "./Picture";
import { VoteButtons } from "./VoteButtons";

const POST_CARD = graphql(`
  fragment PostCard on Post {
    id
    title
    content
    createdAt
    editedAt
    visibility
    published
    commentCount
    image {
      ...Picture
    }
    ...Votes
    owner {
      id
      ...Byline
    }
  }
`);

// What comes goes into the cache by its id, and from there onto the screen.
const POST_CHANGED = graphql(`
  subscription PostChanged($id: ID!) {
    postChanged(postId: $id) {
      ...PostCard
    }
  }
`);

const AUDIENCE = { PUBLIC: undefined, FOLLOWERS: "Followers", PRIVATE: "Only you" };

export type PostCardData = FragmentType<typeof POST_CARD>;

/** A post in a list, or, `whole`, on its own page. */
export function PostCard({ post, whole = false }: { post: PostCardData; whole?: boolean }) {
  const card = readFragment(POST_CARD, post);
  const { id, title, content, editedAt, commentCount } = card;
  const [article, isOnScreen] = useOnScreen<HTMLElement>();
  // Only what somebody looks at is followed live.
  useSubscription(POST_CHANGED, { variables: { id }, skip: !isOnScreen });
  const heading = useId();
  const page = `/posts/${id}`;
  const audience = card.published ? AUDIENCE[card.visibility] : "Draft";
  return (
    <article ref={article} className={whole ? "card post whole" : "card post"} aria-labelledby={heading}>
      <Byline by={card.owner} at={card.createdAt}>
        {audience && (
          <span className="tag">
            <Lock />
            <span>{audience}</span>
          </span>
        )}
      </Byline>
      {whole ? (
        <h1 id={heading}>{title}</h1>
      ) : (
        <h2 id={heading}>
          <Link href={page}>{title}</Link>
        </h2>
      )}
      <p className="content">{content}</p>
      {card.image && <Picture of={card.image} whole={whole} fallback={`Picture with “${title}”`} />}
      {whole && editedAt && <p className="muted">Edited</p>}
      <footer>
        <VoteButtons post={card} />
        <Link className="comments-link" href={page}>
          <Bubble />
          <span>
            {commentCount.toLocaleString("en")}
            <span className="unseen"> comments on {title}</span>
          </span>
        </Link>
      </footer>
    </article>
  );
}
