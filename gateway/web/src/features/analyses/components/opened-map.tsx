import { useQuery } from "@tanstack/react-query";
import { Link, type LinkProps } from "@tanstack/react-router";
import { useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ErrorNotice } from "@/components/ui/notice";
import { coordinatesQuery, pointValuesQuery, type Analysis } from "@/features/analyses/api/analyses";
import { Legend } from "@/features/analyses/components/legend";
import { MapView } from "@/features/analyses/components/map-view";
import { coloring, emphasized, rowsShown } from "@/features/analyses/components/palette";
import { idOf } from "@/lib/api/client";
import { count, percent } from "@/lib/format";

const FIELDS = ["label", "truth", "conf", "is", "line", "station", "camera", "lot", "recipe", "verdict"];
const SHOWN = 48;
const NOTHING: ReadonlySet<string | null> = new Set();

export interface OpenedMapProps {
  project: string;
  analysis: Analysis;
  /** Where an image opens. */
  imageLink: (image: string) => Pick<LinkProps, "to" | "params" | "search">;
  /** What can be done with selected images. */
  actions: (images: string[], onClear: () => void) => ReactNode;
}

export function OpenedMap({ project, analysis, imageLink, actions }: OpenedMapProps) {
  const { t } = useTranslation();
  const id = idOf(analysis.name);
  const [field, setField] = useState("label");
  const [hidden, setHidden] = useState(NOTHING);
  const [rows, setRows] = useState<number[]>([]);
  const coordinates = useQuery(coordinatesQuery(project, id));
  const values = useQuery(pointValuesQuery(project, id, field));
  const points = coordinates.data?.ids.length ?? 0;
  const colors = useMemo(() => coloring(values.data, points), [values.data, points]);
  const rgb = useMemo(() => emphasized(colors.rgb, rows), [colors, rows]);
  const shown = useMemo(() => rowsShown(values.data, points, hidden), [values.data, points, hidden]);
  const images = rows.map((row) => coordinates.data?.ids[row] ?? "");
  const figures = {
    points: count(analysis.pointCount),
    seconds: (analysis.computeSeconds ?? 0).toFixed(1),
    trust: percent(analysis.trustworthiness),
  };
  const choose = (next: string) => {
    setField(next);
    setHidden(NOTHING);
  };
  const toggle = (value: string | null) => {
    const next = new Set(hidden);
    if (!next.delete(value)) next.add(value);
    setHidden(next);
  };

  return (
    <div className="flex min-w-0 flex-1 flex-col gap-3">
      <div className="flex flex-wrap items-center gap-4 text-sm">
        <h2 className="font-semibold">{analysis.displayName}</h2>
        <span className="text-quiet">{t("maps.points", figures)}</span>
        {(analysis.skippedCount ?? 0) > 0 && <span className="text-warn">{t("maps.skipped", { images: count(analysis.skippedCount) })}</span>}
        <label className="ml-auto flex items-center gap-2">
          {t("maps.colour")}
          <select className="rounded-md border border-line bg-surface px-2 py-1" value={field} onChange={(event) => { choose(event.target.value); }}>
            {FIELDS.map((each) => <option key={each}>{each}</option>)}
          </select>
        </label>
      </div>
      <ErrorNotice error={coordinates.error ?? values.error} />
      {coordinates.data && <MapView label={analysis.displayName ?? ""} coordinates={coordinates.data} rgb={rgb} shown={shown} onSelect={setRows} />}
      <Legend coloring={colors} hidden={hidden} onToggle={toggle} />
      {images.length > 0 && (
        <section className="flex flex-col gap-2" aria-label={t("maps.selection")}>
          {actions(images, () => { setRows([]); })}
          <ul className="flex flex-wrap gap-1">
            {images.slice(0, SHOWN).map((image) => (
              <li key={image}>
                <Link {...imageLink(image)} className="block">
                  <img src={`/v1/projects/${project}/images/${image}:thumbnail`} alt={t("maps.openImage")} loading="lazy" className="size-20 rounded border border-line object-cover hover:border-accent" />
                </Link>
              </li>
            ))}
          </ul>
          {images.length > SHOWN && <p className="text-sm text-quiet">{t("maps.moreImages", { images: count(images.length - SHOWN) })}</p>}
        </section>
      )}
    </div>
  );
}
