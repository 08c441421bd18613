import { graphql, readFragment, type FragmentType } from "../generated";
import { blurred } from "../ui/blurred";

const PICTURE = graphql(`
  fragment Picture on Image {
    medium: url(size: MEDIUM)
    large: url(size: LARGE)
    width
    height
    altText
    placeholder
  }
`);

interface Props {
  of: FragmentType<typeof PICTURE>;
  whole: boolean;
  /** Said of the picture where whoever sent it said nothing. */
  fallback: string;
}

/** A picture that takes its place before it is there. */
export function Picture({ of, whole, fallback }: Props) {
  const { medium, large, width, height, altText, placeholder } = readFragment(PICTURE, of);
  return (
    <img
      className="picture"
      src={whole ? large : medium}
      width={width}
      height={height}
      alt={altText ?? fallback}
      loading={whole ? "eager" : "lazy"}
      style={blurred(placeholder)}
    />
  );
}
