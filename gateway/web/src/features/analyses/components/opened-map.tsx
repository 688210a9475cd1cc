import { useQueries, useQuery } from "@tanstack/react-query";
import type { LinkProps } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Empty, ErrorNotice } from "@/components/ui/notice";
import { coordinatesQuery, pointMatchesQuery, pointValuesQuery, type Analysis } from "@/features/analyses/api/analyses";
import { maskOf, rowsWithValue } from "@/features/analyses/api/point-values";
import { ColourField } from "@/features/analyses/components/colour-field";
import { Highlight } from "@/features/analyses/components/highlight";
import { Legend, ScaleLegend } from "@/features/analyses/components/legend";
import { MapPane, type Selection } from "@/features/analyses/components/map-pane";
import type { Tool } from "@/features/analyses/components/map-view";
import { classColors, legendOf, linesOf, rangeOf, type LegendKey } from "@/features/analyses/components/palette";
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
  /** Opens the grid with what has a tag. */
  onTagged: (tag: string) => void;
}

/** A map, or two side by side, with what their colours mean and what is selected on them. */
export function OpenedMap({ project, analysis, other, query, onQuery, imageLink, onImage, onTagged }: OpenedMapProps) {
  const { t } = useTranslation();
  const maps = other ? [analysis, other] : [analysis];
  const id = idOf(analysis.name);
  const [field, setField] = useState("label");
  const [hidden, setHidden] = useState(NOTHING);
  const [tool, setTool] = useState<Tool>("move");
  const [selection, setSelection] = useState<Selection>({ analysis: id, rows: NO_ROWS });
  const matches = useQuery(pointMatchesQuery(project, id, query));
  const { colors, lines, range, first, rowsOn, hasPlace, error } = useMaps(project, maps, field);
  const selected = useMemo(() => rowsOn(0, selection), [rowsOn, selection]);
  const legend = useMemo(() => legendOf(lines, colors, hasPlace), [lines, colors, hasPlace]);
  const bars = useMemo(() => (range ? [] : legendOf(lines, colors, maskOf(selected, lines.length))), [range, lines, colors, selected]);
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
              actions={<SelectionActions project={project} size={selected.length} ids={() => Array.from(selected, (row) => first?.ids.at(row) ?? "")} onClear={clear} onTagged={onTagged} />}
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
  const hasPlace = useMemo(() => Uint8Array.from(points?.columns[0] ?? [], (x) => (Number.isNaN(x) ? 0 : 1)), [points]);
  const error = [...coordinates, ...values].find((each) => each.error)?.error;
  return { colors, lines, range, first: points, rowsOn, hasPlace, error };
}
