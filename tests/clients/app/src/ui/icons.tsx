// Each beside words, or in a button that has a label.

const stroke = {
  viewBox: "0 0 24 24",
  fill: "none",
  stroke: "currentColor",
  strokeWidth: 2,
  strokeLinecap: "round",
  strokeLinejoin: "round",
  "aria-hidden": true,
  className: "icon",
} as const;

export const Rook = () => (
  <svg viewBox="4 8 25 20" aria-hidden className="rook">
    <path
      fill="currentColor"
      d="M5 12.5 12 9.6A6.6 6.6 0 0 1 24.3 13c0 .9 1 3.4 3.7 6.6-2.2-.2-3.7 0-5 .6-1.6 3-4.4 4.8-8 5.3l-.6 2.5h-1.8l.4-2.6C9.4 24.2 8 21 8.3 17.6c.2-2 .9-3.2 1.7-4.3z"
    />
  </svg>
);

export const Up = () => (
  <svg {...stroke}>
    <path d="m5 15 7-7 7 7" />
  </svg>
);

export const Down = () => (
  <svg {...stroke}>
    <path d="m5 9 7 7 7-7" />
  </svg>
);

export const Bubble = () => (
  <svg {...stroke}>
    <path d="M20 11.5a7.5 7.5 0 0 1-11 6.6L4 20l1.9-5A7.5 7.5 0 1 1 20 11.5Z" />
  </svg>
);

export const Picture = () => (
  <svg {...stroke}>
    <rect x="3.5" y="5" width="17" height="14" rx="2.5" />
    <circle cx="9" cy="10" r="1.6" />
    <path d="m5 18 5-4.5 3 2.5 3.5-3.5L20 15.5" />
  </svg>
);

export const Lock = () => (
  <svg {...stroke}>
    <rect x="5" y="11" width="14" height="9" rx="2" />
    <path d="M8 11V8a4 4 0 0 1 8 0v3" />
  </svg>
);
