import { Link } from "@tanstack/react-router";
import { useId, useState, type KeyboardEvent, type PointerEvent } from "react";
import { useTranslation } from "react-i18next";
import type { DriftPoint } from "@/features/curation/api/drift-watch";
import type { ImageLink } from "@/features/curation/components/card";
import { nearest, stepped, type Place } from "@/features/curation/components/drift-places";
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

/** A measure of each group over time. The whole chart is one link: to the images of the point that pointer or arrow keys are at. */
export function DriftChart({ chart, measure, queryLink }: DriftChartProps) {
  const { t } = useTranslation();
  const [place, setPlace] = useState<Place>({ series: 0, dot: Infinity });
  const [isLooking, setLooking] = useState(false);
  const hint = useId();
  const shown = (value: number) => (isShare(measure) ? percent(value) : decimal(value, value < 10 ? 3 : 0));
  const y = (value: number) => 100 - (100 * (value - chart.low)) / (chart.high - chart.low || 1);
  const nameOf = (group: string) => group || (chart.series.length > 1 ? t("drift.noValue") : t("drift.all"));

  // The newest of the first line where nothing is chosen, or where the chart has become another one.
  const { group, dots } = chart.series[place.series] ?? chart.series[0] ?? { group: "", dots: [] };
  const active = dots[place.dot] ?? dots.at(-1);
  if (!active) return null;
  const at = { series: Math.max(0, chart.series.findIndex((each) => each.dots === dots)), dot: dots.indexOf(active) };
  const { point, value } = active;
  const verdict = point.group?.verdict ?? "VERDICT_QUIET";
  const label = t("drift.point", { group: nameOf(group), date: point.date, value: shown(value), images: count(point.group?.imageCount), verdict: t(`drift.verdicts.${verdict}`) });

  const find = (event: PointerEvent) => {
    // The link is a little larger than the plane of the points, for those at its edge.
    const frame = (event.currentTarget.parentElement ?? event.currentTarget).getBoundingClientRect();
    setPlace(nearest(chart.series, [event.clientX - frame.left, event.clientY - frame.top], [frame.width, frame.height], (each) => y(each) / 100));
    setLooking(true);
  };
  const step = (event: KeyboardEvent) => {
    const next = stepped(chart.series, at, event.key);
    if (!next) return;
    event.preventDefault();
    setPlace(next);
    setLooking(true);
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
          {chart.series.map((each, index) => each.dots.map((one) => (
            <Mark key={`${each.group} ${one.point.lookTime ?? ""} ${one.point.date ?? ""}`} dot={one} top={y(one.value)} color={COLORS[index]} isActive={isLooking && one === active} />
          )))}
          <Link
            {...queryLink((isConspicuous(point) ? point.group?.query : point.query) ?? "")}
            aria-label={label}
            aria-describedby={hint}
            className="absolute -inset-3"
            onPointerMove={find}
            onPointerDown={find}
            onPointerLeave={() => { setLooking(false); }}
            onFocus={() => { setLooking(true); }}
            onBlur={() => { setLooking(false); }}
            onKeyDown={step}
          />
        </div>
      </div>
      <div className="ml-17 flex justify-between text-xs text-quiet tabular-nums" aria-hidden>
        <span>{chart.days[0]}</span>
        {chart.days.length > 1 && <span>{chart.days.at(-1)}</span>}
      </div>
      <p className="min-h-4 text-xs" aria-live="polite">{isLooking && label}</p>
      <p id={hint} className="text-xs text-quiet">{t("drift.pointHint")}</p>
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

/** Conspicuous points are squares, the others discs. */
function Mark({ dot, top, color, isActive }: { dot: Dot; top: number; color: string | undefined; isActive: boolean }) {
  const form = isConspicuous(dot.point) ? "size-4 rotate-45 rounded-xs outline-2 outline-danger" : "size-3 rounded-full";
  return (
    <span
      aria-hidden
      className={`absolute -translate-x-1/2 -translate-y-1/2 border-2 border-surface ${form} ${isActive ? "z-10 scale-150" : ""}`}
      style={{ left: `${String(dot.x * 100)}%`, top: `${String(top)}%`, background: color }}
    />
  );
}

function isConspicuous(point: DriftPoint): boolean {
  return point.group?.verdict === "VERDICT_LOOK" || point.group?.verdict === "VERDICT_RETRAIN";
}
