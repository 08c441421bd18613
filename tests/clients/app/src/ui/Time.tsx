const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "narrow" });
const exact = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat("en", { dateStyle: "medium" });

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

function inWords(moment: Date) {
  const seconds = (moment.getTime() - Date.now()) / 1000;
  if (seconds < -7 * 86_400) return day.format(moment);
  for (const [unit, length] of UNITS) {
    if (-seconds >= length) return relative.format(Math.ceil(seconds / length), unit);
  }
  return "just now";
}

export function Time({ at }: { at: string }) {
  const moment = new Date(at);
  return (
    <time dateTime={at} title={exact.format(moment)}>
      {inWords(moment)}
    </time>
  );
}
