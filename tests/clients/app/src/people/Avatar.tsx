import { graphql, readFragment, type FragmentType } from "../generated";
import { blurred } from "../ui/blurred";

const AVATAR = graphql(`
  fragment Avatar on User {
    username
    displayName
    avatar {
      url(size: SMALL)
      placeholder
    }
  }
`);

const initials = (name: string) =>
  name
    .split(/[\s_]+/)
    .map((word) => [...word][0] ?? "")
    .slice(0, 2)
    .join("")
    .toUpperCase();

/** A colour that is always the same for the same person. */
function hue(username: string) {
  let sum = 0;
  for (const letter of username) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 360;
  return sum;
}

export function Avatar({ of, small }: { of: FragmentType<typeof AVATAR>; small?: boolean }) {
  const { username, displayName, avatar } = readFragment(AVATAR, of);
  // The name stands beside it.
  return (
    <span
      className={small ? "avatar small" : "avatar"}
      style={{ "--hue": hue(username) } as React.CSSProperties}
      aria-hidden
    >
      {avatar ? <img src={avatar.url} alt="" style={blurred(avatar.placeholder)} /> : initials(displayName ?? username)}
    </span>
  );
}
