import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { numberKeysQuery } from "@/features/images/api/choices";
import { histogramsQuery } from "@/features/images/api/search";
import { FieldSection } from "@/features/images/query/facets";
import { rangeOf, withRange } from "@/features/images/query/query-text";
import { useFieldName } from "@/features/images/query/use-field-name";
import type { Schemas } from "@/lib/api/client";
import { count } from "@/lib/format";

const FIELDS = ["conf", "outlier", "brightness", "sharpness"];
const MOST = 8;

interface HistogramsProps {
  project: string;
  query: string;
  /** Whether images are there already. */
  isAnswered: boolean;
  onQuery: (query: string) => void;
}

/** How confidence and other numbers lie among what was found. */
export function Histograms({ project, query, isAnswered, onQuery }: HistogramsProps) {
  const { data: keys = [], isPending } = useQuery({ ...numberKeysQuery(project), enabled: isAnswered });
  // Not before the keys are known: it would be asked twice.
  const found = useQuery({ ...histogramsQuery(project, query, [...FIELDS, ...keys].slice(0, MOST)), enabled: isAnswered && !isPending });
  return (found.data?.histograms ?? [])
    .filter((histogram) => (histogram.edges ?? []).length > 2 || rangeOf(query, histogram.field ?? "").some(Boolean))
    .map((histogram) => (
      <FieldSection key={histogram.field} field={histogram.field ?? ""}>
        <Histogram key={rangeOf(query, histogram.field ?? "").join("..")} histogram={histogram} query={query} onQuery={onQuery} />
      </FieldSection>
    ));
}

function Histogram({ histogram, query, onQuery }: { histogram: Schemas["Histogram"]; query: string; onQuery: (query: string) => void }) {
  const { t } = useTranslation();
  const fieldName = useFieldName();
  const field = histogram.field ?? "";
  const edges = histogram.edges ?? [];
  const counts = (histogram.counts ?? []).map(Number);
  const most = Math.max(1, ...counts);
  const [range, setRange] = useState(() => rangeOf(query, field));
  const [begun, setBegun] = useState<number>();
  const [low, high] = [range[0] === "" ? -Infinity : Number(range[0]), range[1] === "" ? Infinity : Number(range[1])];
  const apply = (next: [string, string]) => { onQuery(withRange(query, field, next)); };
  const brushed = (one: number, other: number): [string, string] => [short(edges[Math.min(one, other)]), short(edges[Math.max(one, other) + 1])];

  return (
    <div className="px-2">
      <div className="flex h-12 touch-none items-end gap-px" onPointerLeave={() => { if (begun !== undefined) { setBegun(undefined); apply(range); } }}>
        {counts.map((images, bin) => {
          const isIn = (edges[bin + 1] ?? 0) > low && (edges[bin] ?? 0) < high;
          return (
            <div
              key={bin}
              className="flex h-full grow cursor-crosshair items-end"
              title={`${short(edges[bin])} – ${short(edges[bin + 1])}: ${count(images)}`}
              onPointerDown={(event) => { event.currentTarget.releasePointerCapture(event.pointerId); setBegun(bin); setRange(brushed(bin, bin)); }}
              onPointerEnter={() => { if (begun !== undefined) setRange(brushed(begun, bin)); }}
              onPointerUp={() => { if (begun !== undefined) { setBegun(undefined); apply(brushed(begun, bin)); } }}
            >
              <span className={`w-full rounded-t-xs ${isIn ? "bg-accent" : "bg-edge/50"}`} style={{ height: images > 0 ? `max(2px, ${(100 * Math.sqrt(images / most)).toFixed(1)}%)` : 0 }} />
            </div>
          );
        })}
      </div>
      <form className="mt-1 flex items-center gap-1" onSubmit={(event) => { event.preventDefault(); apply(range); }}>
        {([0, 1] as const).map((side) => (
          <input
            key={side}
            inputMode="decimal"
            aria-label={t(side === 0 ? "images.from" : "images.to", { field: fieldName(field) })}
            placeholder={short(side === 0 ? edges[0] : edges.at(-1))}
            className="h-6 w-0 grow rounded border border-line bg-surface px-1.5 text-xs tabular-nums placeholder:text-quiet"
            value={range[side]}
            onChange={(event) => { setRange(side === 0 ? [event.target.value, range[1]] : [range[0], event.target.value]); }}
            onBlur={() => { if (range.join() !== rangeOf(query, field).join()) apply(range); }}
          />
        ))}
        <button type="submit" className="sr-only">{t("images.apply")}</button>
      </form>
    </div>
  );
}

/** A number in few digits that the query language reads. */
function short(value: number | undefined): string {
  return value === undefined ? "" : String(Number(value.toPrecision(4)));
}
