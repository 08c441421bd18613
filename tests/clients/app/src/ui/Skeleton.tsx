// The shape of what is on its way.

export function PostsSkeleton({ count = 4 }: { count?: number }) {
  return (
    <div className="column" role="status">
      <span className="unseen">Loading</span>
      {Array.from({ length: count }, (_, index) => (
        <div key={index} className="card skeleton" aria-hidden>
          <i className="round" />
          <i style={{ width: "30%" }} />
          <i className="tall" style={{ width: "75%" }} />
          <i />
          <i style={{ width: "90%" }} />
        </div>
      ))}
    </div>
  );
}

export function CommentsSkeleton() {
  return (
    <div className="skeleton lines" role="status">
      <span className="unseen">Loading comments</span>
      <i style={{ width: "35%" }} />
      <i style={{ width: "80%" }} />
      <i style={{ width: "30%" }} />
      <i style={{ width: "65%" }} />
    </div>
  );
}
