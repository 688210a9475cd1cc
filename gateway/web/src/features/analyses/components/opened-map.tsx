import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import type { LinkProps } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Empty, ErrorNotice } from "@/components/ui/notice";
import { coordinatesQuery, pointMatchesQuery, pointValuesQuery, type Analysis } from "@/features/analyses/api/analyses";
import { overlapOf } from "@/features/analyses/api/overlap";
import { rowsWithValue } from "@/features/analyses/api/point-values";
import { ColourField } from "@/features/analyses/components/colour-field";
import { Highlight } from "@/features/analyses/components/highlight";
import { Legend, ScaleLegend } from "@/features/analyses/components/legend";
import { MapPane, type Selection } from "@/features/analyses/components/map-pane";
import type { Tool } from "@/features/analyses/components/map-view";
import { classColors, legendOf, legendOfRows, linesOf, rangeOf, type LegendKey } from "@/features/analyses/components/palette";
import { SelectionActions } from "@/features/analyses/components/selection-actions";
import { SelectionPanel } from "@/features/analyses/components/selection-panel";
import { idOf } from "@/lib/api/client";
import { count, percent } from "@/lib/format";

const NOTHING: ReadonlySet<LegendKey> = new Set();
const NO_ROWS = new Uint32Array();

export interface OpenedMapProps {
  project: string;
  analysis: Analysis;
  /** Another map beside it, whose points are selected together with these. */
  other: Analysis | undefined;
  /** Points that match it stand out. */
  query: string;
  onQuery: (query: string) => void;
  /** Where an image opens. */
  imageLink: (image: string) => Pick<LinkProps, "to" | "params" | "search">;
  onImage: (image: string) => void;
  /** Opens the grid with what a query finds. */
  onGrid: (query: string) => void;
}

/** A map, or two side by side, with what their colours mean and what is selected on them. */
export function OpenedMap({ project, analysis, other, query, onQuery, imageLink, onImage, onGrid }: OpenedMapProps) {
  const { t } = useTranslation();
  const maps = other ? [analysis, other] : [analysis];
  const id = idOf(analysis.name);
  const [field, setField] = useState("label");
  const [hidden, setHidden] = useState(NOTHING);
  const [tool, setTool] = useState<Tool>("move");
  const [selection, setSelection] = useState<Selection>({ analysis: id, rows: NO_ROWS });
  const ids = maps.map((each) => idOf(each.name));
  const [hovered, setHovered] = useState({ index: 0, row: -1 });
  const hoverOn = useMemo(() => [0, 1].map((index) => (row: number) => { setHovered({ index, row }); }) as [(row: number) => void, (row: number) => void], []);
  useGrowth(project, maps);
  const matches = useQuery(pointMatchesQuery(project, id, query));
  const { colors, lines, range, first, rowsOn, hasPlace, overlap, error } = useMaps(project, maps, field);
  const selected = useMemo(() => rowsOn(0, selection), [rowsOn, selection]);
  const legend = useMemo(() => legendOf(lines, colors, hasPlace), [lines, colors, hasPlace]);
  const bars = useMemo(() => (range ? [] : legendOfRows(selected, lines, colors)), [range, lines, colors, selected]);
  const clear = () => { setSelection({ analysis: id, rows: NO_ROWS }); };
  const found = useMemo(() => rowsWithValue(matches.data)?.length, [matches.data]);

  return (
    <div className="flex min-h-0 min-w-0 flex-1 flex-col gap-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <h2 className="font-semibold">{analysis.displayName}</h2>
        <span className="text-xs text-quiet">
          {t("maps.points", { points: count(analysis.pointCount), seconds: (analysis.computeSeconds ?? 0).toFixed(1), trust: percent(analysis.trustworthiness) })}
        </span>
        {(analysis.skippedCount ?? 0) > 0 && <span className="text-xs text-warn">{t("maps.skipped", { images: count(analysis.skippedCount) })}</span>}
        {(analysis.landmarkCount ?? 0) > 0 && <span className="text-xs text-quiet" title={t("maps.landmarksHint")}>{t("maps.landmarks", { images: count(analysis.landmarkCount) })}</span>}
        {(analysis.placedCount ?? 0) > 0 && <span className="text-xs text-quiet">{t("maps.placed", { images: count(analysis.placedCount) })}</span>}
        {overlap && (
          <span className="text-xs" title={t("maps.overlapHint", { images: count(overlap.images) })}>
            {t("maps.overlap", { share: percent(overlap.share), chance: percent(overlap.chance) })}
          </span>
        )}
        <Highlight key={query} query={query} found={found} onQuery={onQuery} />
      </div>
      <ErrorNotice error={error} />
      <div className="flex min-h-0 flex-1 flex-col gap-3 lg:flex-row">
        <div className="flex min-h-96 min-w-0 flex-1 flex-col gap-2 xl:flex-row">
          {maps.map((each, index) => (
            <MapPane
              key={each.name}
              project={project}
              analysis={each}
              field={field}
              query={query}
              colors={colors}
              hidden={hidden}
              tool={tool}
              onTool={setTool}
              selected={rowsOn(index, selection)}
              onSelect={(rows) => { setSelection({ analysis: idOf(each.name), rows }); }}
              onHover={hoverOn[index === 0 ? 0 : 1]}
              pointed={hovered.index === index || hovered.row < 0 ? -1 : (rowsOn(index, { analysis: ids[hovered.index] ?? "", rows: Uint32Array.of(hovered.row) })[0] ?? -1)}
              onOpen={onImage}
            />
          ))}
        </div>
        <aside className="flex min-h-0 w-full shrink-0 flex-col gap-4 overflow-y-auto lg:w-80" aria-label={t("maps.legend")}>
          <ColourField field={field} onField={(next) => { setField(next); setHidden(NOTHING); }} />
          {range ? <ScaleLegend {...range} /> : <Legend entries={legend} hidden={hidden} onHidden={setHidden} />}
          {selected.length === 0 ? (
            <Empty title={t("maps.noSelection")}>{t("maps.noSelectionHint")}</Empty>
          ) : (
            <SelectionPanel
              project={project}
              size={selected.length}
              imageAt={(index) => first?.ids.at(selected[index] ?? 0) ?? ""}
              bars={bars}
              imageLink={imageLink}
              actions={<SelectionActions points={{ project, analysis: id, rows: selected, count: lines.length }} onClear={clear} onGrid={onGrid} />}
            />
          )}
        </aside>
      </div>
    </div>
  );
}

/** What the maps have in common: colours of classes, and which rows of one are the images of another's. */
function useMaps(project: string, maps: readonly Analysis[], field: string) {
  const ids = maps.map((each) => idOf(each.name));
  const coordinates = useQueries({ queries: ids.map((id) => coordinatesQuery(project, id)) });
  const values = useQueries({ queries: ids.map((id) => pointValuesQuery(project, id, field)) });
  const [points, otherPoints] = coordinates.map((each) => each.data);
  const [mine, others] = values.map((each) => each.data);
  const colors = useMemo(() => classColors([mine, others]), [mine, others]);
  const lines = useMemo(() => linesOf(mine, points?.count ?? 0, colors), [mine, points, colors]);
  const range = useMemo(() => rangeOf(mine), [mine]);
  const [firstId = "", secondId = ""] = ids;
  const rowsOn = useMemo(() => {
    const tables = new Map([[firstId, points], [secondId, otherPoints]]);
    return (index: number, { analysis, rows }: Selection): Uint32Array => {
      const [from, to] = [tables.get(analysis), index === 0 ? points : otherPoints];
      if (from === to || !from || !to) return from === to ? rows : NO_ROWS;
      return to.ids.rowsOf(Array.from(rows, (row) => from.ids.at(row)));
    };
  }, [firstId, secondId, points, otherPoints]);
  // Images that the reader may not see have a row, but no place.
  const hasPlace = useMemo(() => placesOf(points?.columns[0] ?? new Float32Array()), [points]);
  const overlap = useMemo(() => (points && otherPoints ? overlapOf(points, otherPoints) : undefined), [points, otherPoints]);
  const error = [...coordinates, ...values].find((each) => each.error)?.error;
  return { colors, lines, range, first: points, rowsOn, hasPlace, overlap, error };
}

/** Reads a map again when images were placed on it. */
function useGrowth(project: string, maps: readonly Analysis[]) {
  const cache = useQueryClient();
  const known = useRef(new Map<string, number>());
  useEffect(() => {
    for (const each of maps) {
      const [id, placed] = [idOf(each.name), each.placedCount ?? 0];
      if ((known.current.get(id) ?? placed) !== placed) void cache.invalidateQueries({ queryKey: ["analysis", project, id] });
      known.current.set(id, placed);
    }
  }, [cache, project, maps]);
}

/** N, 1 for the points that have a place. */
function placesOf(column: Float32Array): Uint8Array {
  const mask = new Uint8Array(column.length);
  for (let row = 0; row < column.length; row += 1) mask[row] = Number.isNaN(column[row]) ? 0 : 1;
  return mask;
}
