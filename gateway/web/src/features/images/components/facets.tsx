import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { facetsQuery } from "@/features/images/api/search";
import { hasValue, unquoted, withValue } from "@/features/images/components/query-text";
import { count } from "@/lib/format";

interface FacetsProps {
  project: string;
  query: string;
  onQuery: (query: string) => void;
}

/** Values of the fields among what was found; a click adds one to the query or takes it away. */
export function Facets({ project, query, onQuery }: FacetsProps) {
  const { t } = useTranslation();
  const facets = useQuery(facetsQuery(project, query)).data?.facets ?? [];
  return (
    <aside className="flex w-52 shrink-0 flex-col gap-4 text-sm" aria-label={t("images.facets")}>
      {facets
        .filter((facet) => (facet.values ?? []).length > 0)
        .map((facet) => (
          <section key={facet.field} aria-label={facet.field}>
            <h2 className="mb-1 font-mono text-xs text-quiet">{facet.field}</h2>
            <ul>
              {facet.values?.map(({ value = "", count: images }) => (
                <li key={value}>
                  <button
                    type="button"
                    title={unquoted(value)}
                    aria-pressed={hasValue(query, facet.field ?? "", value)}
                    className="flex w-full justify-between gap-2 rounded px-2 py-0.5 text-left hover:bg-line/50 aria-pressed:bg-accent aria-pressed:text-on-accent [&[aria-pressed=true]>.text-quiet]:text-on-accent"
                    onClick={() => { onQuery(withValue(query, facet.field ?? "", value)); }}
                  >
                    <span className="truncate">{unquoted(value)}</span>
                    <span className="text-quiet tabular-nums">{count(images)}</span>
                  </button>
                </li>
              ))}
              {facet.truncated && <li className="px-2 text-xs text-quiet">{t("images.moreValues")}</li>}
            </ul>
          </section>
        ))}
    </aside>
  );
}
