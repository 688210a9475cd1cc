import { useTranslation } from "react-i18next";
import { HIGH, LOW, type Coloring } from "@/features/analyses/components/palette";
import { count } from "@/lib/format";

const SHOWN = 24;

interface LegendProps {
  coloring: Coloring;
  hidden: ReadonlySet<string | null>;
  onToggle: (value: string | null) => void;
}

/** What the colours mean, with counts; a click hides a class or brings it back. */
export function Legend({ coloring: { legend, range }, hidden, onToggle }: LegendProps) {
  const { t } = useTranslation();
  if (range) {
    return (
      <p className="flex items-center gap-2 text-sm tabular-nums">
        {range.low.toFixed(2)}
        <span className="h-3 w-40 rounded-full" style={{ background: `linear-gradient(to right, ${LOW}, ${HIGH})` }} />
        {range.high.toFixed(2)}
      </p>
    );
  }
  return (
    <ul className="flex flex-wrap gap-x-1 gap-y-1 text-sm" aria-label={t("maps.legend")}>
      {legend.slice(0, SHOWN).map((entry) => (
        <li key={entry.value ?? ""}>
          <button
            type="button"
            aria-pressed={!hidden.has(entry.value)}
            title={t("maps.hide")}
            className="flex items-center gap-1.5 rounded px-2 py-0.5 hover:bg-line/50 aria-[pressed=false]:text-quiet aria-[pressed=false]:line-through"
            onClick={() => { onToggle(entry.value); }}
          >
            <span className="size-3 rounded-full" style={{ background: hidden.has(entry.value) ? "transparent" : entry.color, border: `2px solid ${entry.color}` }} />
            {entry.value ?? t("maps.unset")} <span className="text-quiet tabular-nums">{count(entry.count)}</span>
          </button>
        </li>
      ))}
      {legend.length > SHOWN && <li className="px-2 py-0.5 text-quiet">{t("maps.moreClasses", { classes: count(legend.length - SHOWN) })}</li>}
    </ul>
  );
}
