import { useQuery } from "@tanstack/react-query";
import { Ban, ChevronDown, ChevronRight } from "lucide-react";
import { useState, type MouseEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Input } from "@/components/ui/field";
import { facetsQuery } from "@/features/images/api/search";
import { facetOptions, toggleField } from "@/features/images/query/facet-options";
import { Histograms } from "@/features/images/query/histograms";
import { stateOf, unquoted, withState, type ValueState } from "@/features/images/query/query-text";
import type { Schemas } from "@/lib/api/client";
import { count } from "@/lib/format";
import { useFieldName } from "@/features/images/query/use-field-name";
import { useSettled } from "@/lib/use-settled";

const AFTER: Record<ValueState, ValueState> = { "": "in", in: "out", out: "" };
// None named: the usual ones. Those without values are not shown.
const FIELDS: string[] = [];

interface FacetsProps {
  project: string;
  query: string;
  onQuery: (query: string) => void;
}

interface SideProps extends FacetsProps {
  /** Whether images are there already: they come first, counts need not hold them up. */
  isAnswered: boolean;
}

/** Values of the fields among what was found, with their counts; a click asks for one, excludes it, or lets it be. */
export function Facets({ project, query, isAnswered, onQuery }: SideProps) {
  const { t } = useTranslation();
  const facets = useQuery({ ...facetsQuery(project, query, FIELDS), enabled: isAnswered }).data?.facets ?? [];
  return (
    <aside className="flex w-56 shrink-0 flex-col gap-1 overflow-y-auto pr-2 pb-6 text-sm" aria-label={t("images.facets")}>
      <p className="sr-only">{t("images.facetHint")}</p>
      {facets.filter((facet) => (facet.values ?? []).length > 0).map((facet) => (
        <FacetSection key={facet.field} project={project} query={query} facet={facet} onQuery={onQuery} />
      ))}
      <Histograms project={project} query={query} isAnswered={isAnswered} onQuery={onQuery} />
    </aside>
  );
}

/** A field with its heading, folded or not. */
export function FieldSection({ field, children }: { field: string; children: ReactNode }) {
  const name = useFieldName()(field);
  const isClosed = facetOptions.use().closed.includes(field);
  const Chevron = isClosed ? ChevronRight : ChevronDown;
  return (
    <section aria-label={field} className="py-1">
      <h2>
        <button type="button" aria-expanded={!isClosed} title={field} onClick={() => { toggleField(field); }} className="flex h-7 w-full items-center gap-1 rounded-md px-1 text-xs font-semibold text-quiet hover:bg-sunken hover:text-ink">
          <Chevron className="size-3.5" aria-hidden />
          {name}
        </button>
      </h2>
      {!isClosed && children}
    </section>
  );
}

interface FacetSectionProps extends FacetsProps {
  facet: Schemas["Facet"];
}

function FacetSection({ project, query, facet, onQuery }: FacetSectionProps) {
  const { t } = useTranslation();
  const field = facet.field ?? "";
  const [text, setText] = useState("");
  const filter = useSettled(text.trim(), 150);
  const filtered = useQuery({ ...facetsQuery(project, query, [field], filter), enabled: filter !== "" });
  const shown = filter ? (filtered.data?.facets?.[0] ?? facet) : facet;
  const most = Math.max(1, ...(shown.values ?? []).map((value) => Number(value.count ?? 0)));
  return (
    <FieldSection field={field}>
      {(facet.truncated || text !== "") && (
        <Input type="text" aria-label={`${t("images.facetValues")}: ${field}`} placeholder={t("images.facetValues")} className="mb-1 h-7 w-full text-xs" value={text} onChange={(event) => { setText(event.target.value); }} />
      )}
      <ul>
        {shown.values?.map((value) => <FacetValue key={value.value} query={query} field={field} value={value} share={Number(value.count ?? 0) / most} onQuery={onQuery} />)}
        {shown.truncated && <li className="px-2 text-2xs text-quiet">{t("images.moreValues")}</li>}
      </ul>
    </FieldSection>
  );
}

interface FacetValueProps {
  query: string;
  field: string;
  value: Schemas["Facet.Value"];
  /** Of the most frequent value's images, in [0, 1]. */
  share: number;
  onQuery: (query: string) => void;
}

function FacetValue({ query, field, value: { value = "", count: images, inQuery, excluded }, share, onQuery }: FacetValueProps) {
  const { t } = useTranslation();
  const state: ValueState = stateOf(query, field, value) || (excluded ? "out" : inQuery ? "in" : "");
  const name = unquoted(value);
  const click = (event: MouseEvent) => { onQuery(withState(query, field, value, event.altKey ? (state === "out" ? "" : "out") : AFTER[state])); };
  return (
    <li>
      <button
        type="button"
        title={name}
        aria-pressed={state !== ""}
        className={`relative flex h-6.5 w-full items-center gap-1.5 overflow-hidden rounded-md px-2 text-left hover:bg-sunken ${state === "in" ? "bg-accent-soft font-medium" : state === "out" ? "bg-danger-soft" : ""}`}
        onClick={click}
      >
        <span className="absolute bottom-0 left-2 h-0.5 rounded-full bg-accent/35" style={{ width: `calc((100% - 1rem) * ${share})` }} />
        {state === "out" && <Ban className="size-3 shrink-0 text-danger" aria-hidden />}
        {state === "out" && <span className="sr-only">{t("images.excluded")}</span>}
        <span className={`min-w-0 flex-1 truncate ${state === "out" ? "line-through" : ""}`}>{name}</span>
        <span className="text-xs text-quiet tabular-nums">{count(images)}</span>
      </button>
    </li>
  );
}
