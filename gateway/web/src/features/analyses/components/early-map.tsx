import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { ErrorNotice } from "@/components/ui/notice";
import { earlyPictureQuery, earlyValuesQuery, type Analysis } from "@/features/analyses/api/analyses";
import type { Coordinates } from "@/features/analyses/api/coordinates";
import { classColors, classTint, linesOf, type LegendKey, type Tint } from "@/features/analyses/components/palette";
import { Scatter } from "@/features/analyses/components/scatter";
import { idOf } from "@/lib/api/client";
import { count } from "@/lib/format";

const FIELD = "label";
const NOTHING: ReadonlySet<LegendKey> = new Set();

/** A map while it is made: some of its points, coloured by prediction, where they are at the moment. */
export function EarlyMap({ project, analysis }: { project: string; analysis: Analysis }) {
  const { t } = useTranslation();
  const id = idOf(analysis.name);
  const picture = useQuery(earlyPictureQuery(project, id));
  const points = picture.data?.count ?? 0;
  const values = useQuery(earlyValuesQuery(project, id, FIELD, points));
  const tint = useMemo(() => {
    const colors = classColors([values.data]);
    return classTint(linesOf(values.data, points, colors), colors, NOTHING);
  }, [values.data, points]);
  return (
    <div className="flex min-h-0 min-w-0 flex-1 flex-col gap-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <h2 className="font-semibold">{analysis.displayName}</h2>
        <span role="status" className="text-xs text-quiet">{t(picture.data ? "maps.early" : "maps.earlySoon", { points: count(points) })}</span>
      </div>
      <ErrorNotice error={picture.error} />
      <div className="relative min-h-96 flex-1 rounded-lg border border-line bg-surface">
        {picture.data ? <MovingPoints label={analysis.displayName ?? ""} coordinates={picture.data} tint={tint} /> : <div className="size-full animate-pulse rounded-lg bg-sunken" aria-hidden />}
      </div>
    </div>
  );
}

/** Points that move on when other coordinates come, in the same picture and under the same eye. */
function MovingPoints({ label, coordinates, tint }: { label: string; coordinates: Coordinates; tint: Tint }) {
  const { t } = useTranslation();
  const host = useRef<HTMLDivElement>(null);
  const drawn = useRef<{ scatter: Scatter; count: number } | null>(null);
  useEffect(() => {
    if (!host.current) return;
    if (drawn.current?.count === coordinates.count) {
      drawn.current.scatter.move(coordinates.columns);
      return;
    }
    drawn.current?.scatter.dispose();
    drawn.current = scatterIn(host.current, coordinates);
  }, [coordinates]);
  useEffect(() => { drawn.current?.scatter.paint(tint); }, [coordinates, tint]);
  useEffect(() => () => {
    drawn.current?.scatter.dispose();
    drawn.current = null;
  }, []);
  return <div ref={host} className="size-full" role="img" aria-label={label} aria-roledescription={t("maps.map")} />;
}

/** The drawing; null where the browser has no WebGL: the finished map says so. */
function scatterIn(host: HTMLElement, { columns, count }: Coordinates): { scatter: Scatter; count: number } | null {
  try {
    return { scatter: new Scatter(host, columns), count };
  } catch {
    return null;
  }
}
