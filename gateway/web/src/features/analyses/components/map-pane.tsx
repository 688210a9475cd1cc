import { useQuery } from "@tanstack/react-query";
import { useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { ErrorNotice, Skeleton } from "@/components/ui/notice";
import { coordinatesQuery, pointMatchesQuery, pointValuesQuery, type Analysis } from "@/features/analyses/api/analyses";
import { maskOf, rowsWhere, rowsWithValue } from "@/features/analyses/api/point-values";
import { HoverCard } from "@/features/analyses/components/hover-card";
import { useLegendLabel } from "@/features/analyses/components/legend";
import { MapTools, type PictureForm } from "@/features/analyses/components/map-tools";
import { MapView, type Tool } from "@/features/analyses/components/map-view";
import { classTint, legendOf, linesOf, numberTint, rangeOf, type ClassColors, type LegendKey } from "@/features/analyses/components/palette";
import { makePicture, offerFile } from "@/features/analyses/components/picture";
import { makeSvg } from "@/features/analyses/components/svg-picture";
import type { Scatter } from "@/features/analyses/components/scatter";
import { idOf } from "@/lib/api/client";
import { count, decimal } from "@/lib/format";

/** Points that were chosen on one of the maps; the rows are of that one. */
export interface Selection {
  analysis: string;
  rows: Uint32Array;
}

interface MapPaneProps {
  project: string;
  analysis: Analysis;
  field: string;
  query: string;
  colors: ClassColors;
  hidden: ReadonlySet<LegendKey>;
  tool: Tool;
  onTool: (tool: Tool) => void;
  /** Rows of this map that are selected, here or on the other one. */
  selected: Uint32Array;
  onSelect: (rows: Uint32Array) => void;
  /** The row under the pointer, -1 for none. */
  onHover: (row: number) => void;
  /** The row that is pointed at on the other map; -1 for none. */
  pointed: number;
  onOpen: (image: string) => void;
}

/** One map with its tools. */
export function MapPane({ project, analysis, field, query, colors, hidden, tool, onTool, selected, onSelect, onHover, pointed, onOpen }: MapPaneProps) {
  const { t } = useTranslation();
  const label = useLegendLabel();
  const id = idOf(analysis.name);
  const scatter = useRef<Scatter | null>(null);
  const coordinates = useQuery(coordinatesQuery(project, id));
  const values = useQuery(pointValuesQuery(project, id, field));
  const matches = useQuery(pointMatchesQuery(project, id, query));
  const points = coordinates.data?.count ?? 0;
  const lines = useMemo(() => linesOf(values.data, points, colors), [values.data, points, colors]);
  const range = useMemo(() => rangeOf(values.data), [values.data]);
  const matching = useMemo(() => rowsWithValue(matches.data), [matches.data]);
  const tint = useMemo(
    () => (values.data?.kind === "numbers" && range ? numberTint(values.data.numbers.subarray(0, points), range) : classTint(lines, colors, hidden)),
    [values.data, points, range, lines, colors, hidden],
  );
  const marks = useMemo(() => {
    const marked = selected.length > 0 ? selected : query ? matching : null;
    return marked && maskOf(marked, points);
  }, [selected, query, matching, points]);

  const select = (rows: Uint32Array, isAdded: boolean) => {
    if (!isAdded) {
      onSelect(rows);
      return;
    }
    const both = maskOf(selected, points);
    for (const row of rows) both[row] = 1;
    onSelect(rowsWhere(points, (row) => both[row] === 1));
  };
  const savePicture = (form: PictureForm) => {
    if (!scatter.current) return;
    const shown = range ? [] : legendOf(lines, colors).filter((entry) => !hidden.has(entry.key));
    const legend = shown.map((entry) => ({ entry, label: `${label(entry.key)} ${count(entry.count)}` }));
    const title = analysis.displayName ?? "";
    const offer = (blob: Blob) => { offerFile(blob, `${title}.${form}`); };
    if (form === "svg") offer(makeSvg({ ...scatter.current.outlines(), title, legend }));
    else void makePicture({ map: scatter.current.snapshot(), title, legend }).then(offer);
  };
  const valueOf = (row: number) => {
    if (values.data?.kind === "numbers") return decimal(values.data.numbers[row] ?? NaN, 3);
    return label(colors.keys[lines[row] ?? 0] ?? "");
  };

  return (
    <div className="relative min-h-0 min-w-0 flex-1 rounded-lg border border-line bg-surface">
      <ErrorNotice error={coordinates.error ?? values.error ?? matches.error} />
      {coordinates.isPending && <Skeleton className="size-full" />}
      {coordinates.data && (
        <>
          <MapTools
            tool={tool}
            onTool={onTool}
            onZoom={(factor) => scatter.current?.zoom(factor)}
            onReset={() => scatter.current?.reset()}
            onSelectShown={() => { onSelect(rowsWhere(points, (row) => tint.isShown[row] === 1 && hasPlace(coordinates.data.columns, row))); }}
            onPicture={savePicture}
          />
          <MapView
            label={analysis.displayName ?? ""}
            coordinates={coordinates.data}
            tint={tint}
            marks={marks}
            tool={tool}
            scatterRef={scatter}
            onSelect={select}
            onOpen={(row) => { if (row < 0) onSelect(new Uint32Array()); else onOpen(coordinates.data.ids.at(row)); }}
            onHover={onHover}
            pointed={pointed}
            renderHover={(row) => <HoverCard project={project} image={coordinates.data.ids.at(row)} value={valueOf(row)} />}
          />
          <span className="pointer-events-none absolute right-3 bottom-2 left-3 text-xs text-quiet">
            {t(coordinates.data.columns.length === 3 ? "maps.drag.three" : "maps.drag.two")}
          </span>
        </>
      )}
    </div>
  );
}

/** Images that the reader may not see have a row, but no place. */
function hasPlace(columns: readonly Float32Array[], row: number): boolean {
  return !Number.isNaN(columns[0]?.[row] ?? NaN);
}
