import { useTranslation } from "react-i18next";
import { NO_CLASS, OTHER_CLASSES, SCALE, type LegendEntry, type LegendKey } from "@/features/analyses/components/palette";
import { count, decimal } from "@/lib/format";

/** What a line of the legend is called. */
export function useLegendLabel(): (key: LegendKey) => string {
  const { t } = useTranslation();
  return (key) => {
    if (key === NO_CLASS) return t("maps.unset");
    if (key === OTHER_CLASSES) return t("maps.others");
    if (key === "later") return t("maps.later");
    return key === "right" || key === "wrong" ? t(`maps.agreement.${key}`) : key;
  };
}

interface LegendProps {
  entries: LegendEntry[];
  hidden: ReadonlySet<LegendKey>;
  onHidden: (hidden: ReadonlySet<LegendKey>) => void;
}

/** What the colours mean, with counts; a click hides a class or brings it back, a double click shows it alone. */
export function Legend({ entries, hidden, onHidden }: LegendProps) {
  const { t } = useTranslation();
  const label = useLegendLabel();
  const toggle = (key: LegendKey) => {
    const next = new Set(hidden);
    if (!next.delete(key)) next.add(key);
    onHidden(next);
  };
  const isolate = (key: LegendKey) => {
    const others = entries.map((entry) => entry.key).filter((each) => each !== key);
    // A double click on the only one that is shown brings all back.
    onHidden(new Set(others.every((each) => hidden.has(each)) ? [] : others));
  };
  return (
    <div className="flex flex-col gap-1">
      <ul className="flex max-h-60 flex-col overflow-y-auto" aria-label={t("maps.legend")}>
        {entries.map((entry) => {
          const isHidden = hidden.has(entry.key);
          return (
            <li key={typeof entry.key === "symbol" ? entry.key.description : `=${entry.key}`}>
              <button
                type="button"
                aria-pressed={!isHidden}
                title={t("maps.hide")}
                className="flex w-full items-center gap-2 rounded px-1.5 py-0.5 text-left hover:bg-sunken aria-[pressed=false]:text-quiet aria-[pressed=false]:line-through"
                onClick={() => { toggle(entry.key); }}
                onDoubleClick={() => { isolate(entry.key); }}
              >
                <span className="size-3 shrink-0 rounded-full border-2" style={{ borderColor: entry.color, background: isHidden ? "transparent" : entry.color }} />
                <span className="min-w-0 flex-1 truncate">{label(entry.key)}</span> <span className="text-xs text-quiet tabular-nums">{count(entry.count)}</span>
              </button>
            </li>
          );
        })}
      </ul>
      {hidden.size > 0 && <button type="button" className="self-start px-1.5 text-xs text-accent hover:underline" onClick={() => { onHidden(new Set()); }}>{t("maps.showAll")}</button>}
    </div>
  );
}

/** What the colours of numbers mean. */
export function ScaleLegend({ low, high }: { low: number; high: number }) {
  return (
    <div className="flex flex-col gap-1">
      <span className="h-2.5 w-full rounded-full" style={{ background: `linear-gradient(to right, ${SCALE.join(", ")})` }} />
      <span className="flex justify-between text-xs text-quiet tabular-nums"><span>{decimal(low, digits(low, high))}</span><span>{decimal(high, digits(low, high))}</span></span>
    </div>
  );
}

/** So many that the two ends differ. */
function digits(low: number, high: number): number {
  const span = high - low;
  return span >= 100 ? 0 : span >= 1 ? 2 : 3;
}
