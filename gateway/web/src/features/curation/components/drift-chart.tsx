import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { ImageLink } from "@/features/curation/components/card";
import { isShare, type Chart, type Dot, type Measure } from "@/features/curation/components/drift-series";
import { count, decimal, percent } from "@/lib/format";

// Okabe and Ito's colours, which people with any colour vision can tell apart; each is seen on white and on black.
const COLORS = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#b8a300", "#8c6bb1"];

interface DriftChartProps {
  chart: Chart;
  measure: Measure;
  /** Where the images that match a query are shown. */
  queryLink: ImageLink;
}

/** A measure of each group over time; each point opens its images. Conspicuous points are squares, the others discs. */
export function DriftChart({ chart, measure, queryLink }: DriftChartProps) {
  const { t } = useTranslation();
  const shown = (value: number) => (isShare(measure) ? percent(value) : decimal(value, value < 10 ? 3 : 0));
  const y = (value: number) => 100 - (100 * (value - chart.low)) / (chart.high - chart.low || 1);
  const nameOf = (group: string) => group || (chart.series.length > 1 ? t("drift.noValue") : t("drift.all"));

  const dot = (color: string, group: string, { point, x, value }: Dot) => {
    const verdict = point.group?.verdict ?? "VERDICT_QUIET";
    const isConspicuous = verdict === "VERDICT_LOOK" || verdict === "VERDICT_RETRAIN";
    const label = t("drift.point", { group: nameOf(group), date: point.date, value: shown(value), images: count(point.group?.imageCount), verdict: t(`drift.verdicts.${verdict}`) });
    return (
      <Link
        key={`${group} ${point.lookTime ?? ""} ${point.date ?? ""}`}
        {...queryLink((isConspicuous ? point.group?.query : point.query) ?? "")}
        aria-label={label}
        title={label}
        className={`absolute -translate-x-1/2 -translate-y-1/2 border-2 border-surface hover:z-10 hover:scale-150 focus-visible:z-10 ${isConspicuous ? "size-4 rotate-45 rounded-xs outline-2 outline-danger" : "size-3 rounded-full"}`}
        style={{ left: `${x * 100}%`, top: `${y(value)}%`, background: color }}
      />
    );
  };

  return (
    <figure className="flex flex-col gap-2" aria-label={t(`drift.measures.${measure}`)}>
      <div className="flex gap-2">
        <div className="flex h-56 w-12 shrink-0 flex-col justify-between text-right text-xs text-quiet tabular-nums" aria-hidden>
          <span>{shown(chart.high)}</span>
          <span>{shown(chart.low)}</span>
        </div>
        <div className="relative mx-3 h-56 min-w-0 flex-1 border-b border-l border-line">
          <svg viewBox="0 0 100 100" preserveAspectRatio="none" className="absolute inset-0 size-full overflow-visible" aria-hidden>
            {chart.thresholds.map((each) => (
              <line key={`${each.kind} ${String(each.value)}`} x1={0} x2={100} y1={y(each.value)} y2={y(each.value)} vectorEffect="non-scaling-stroke" strokeDasharray="4 4" className={each.kind === "retrain" ? "stroke-danger" : "stroke-edge"} />
            ))}
            {chart.series.map((each, index) => (
              <polyline key={each.group} points={each.dots.map((one) => `${String(one.x * 100)},${String(y(one.value))}`).join(" ")} fill="none" stroke={COLORS[index]} strokeWidth={1.5} vectorEffect="non-scaling-stroke" />
            ))}
          </svg>
          {chart.thresholds.map((each) => (
            <span key={`${each.kind} ${String(each.value)}`} className={`absolute right-0 -translate-y-full text-2xs ${each.kind === "retrain" ? "text-danger" : "text-quiet"}`} style={{ top: `${y(each.value)}%` }}>
              {t(`drift.${each.kind}`)} {shown(each.value)}
            </span>
          ))}
          {chart.series.map((each, index) => each.dots.map((one) => dot(COLORS[index] ?? "", each.group, one)))}
        </div>
      </div>
      <div className="ml-17 flex justify-between text-xs text-quiet tabular-nums" aria-hidden>
        <span>{chart.days[0]}</span>
        {chart.days.length > 1 && <span>{chart.days.at(-1)}</span>}
      </div>
      <figcaption className="flex flex-wrap gap-x-4 gap-y-1 text-xs">
        {chart.series.map((each, index) => (
          <span key={each.group} className="inline-flex items-center gap-1.5">
            <span className="size-2.5 rounded-full" style={{ background: COLORS[index] }} aria-hidden />
            {nameOf(each.group)}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
