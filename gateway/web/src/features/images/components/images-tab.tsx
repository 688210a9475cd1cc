import { ImagePlus, SearchX, SquareCheck } from "lucide-react";
import { useCallback, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/notice";
import type { ImageSearch } from "@/features/images/api/search";
import { BulkBar } from "@/features/images/bulk/bulk-bar";
import { BulkProgress } from "@/features/images/bulk/bulk-progress";
import { ImagesToolbar } from "@/features/images/components/images-toolbar";
import { Grid } from "@/features/images/grid/grid";
import { BuilderButton } from "@/features/images/query/builder";
import { facetOptions } from "@/features/images/query/facet-options";
import { Facets } from "@/features/images/query/facets";
import { QueryBar } from "@/features/images/query/query-bar";
import { QueryError } from "@/features/images/query/query-error";
import { SavedSearches } from "@/features/images/query/saved-searches";
import { TermChips } from "@/features/images/query/term-chips";
import { NOTHING, selectorOf, setSelection, sizeOf, useSelection } from "@/features/images/selection";
import type { Schemas } from "@/lib/api/client";
import { count } from "@/lib/format";
import { useSettled } from "@/lib/use-settled";

/** A search with the terms that are switched off, as it stands in the address. */
export interface ShownSearch extends ImageSearch {
  off: readonly string[];
}

/** What the grid tells of a search. */
interface Found {
  of: ImageSearch | undefined;
  total: number | undefined;
  error: Error | null;
}

const DRAWN_MS = 100;
// As `md:` in the classes, in CSS pixels.
const NARROW = 768;

interface ImagesTabProps {
  project: string;
  search: ShownSearch;
  onSearch: (search: ShownSearch) => void;
  /** The address of an image's page. */
  hrefOf: (image: string) => string;
  onOpen: (image: string) => void;
  /** More to do with selected images, from other parts of the app. */
  actions?: (selector: Schemas["ImageSelector"]) => ReactNode;
  /** What to do in a project without images. */
  uploadLink?: ReactNode;
}

export function ImagesTab({ project, search, onSearch, hrefOf, onOpen, actions, uploadLink }: ImagesTabProps) {
  const { t } = useTranslation();
  const selection = useSelection(project, search.query);
  const facets = facetOptions.use();
  const [{ of, total, error }, setFound] = useState<Found>({ of: undefined, total: undefined, error: null });
  // The side counts once the images are there and drawn: they are waited for, and one server answers both.
  const isAnswered = of === search && (total !== undefined || error !== null);
  const isDrawnSince = useSettled(isAnswered, DRAWN_MS);
  const [isDrawn, setDrawn] = useState(false);
  const toggleSide = () => {
    // Where there is no room beside the grid, the side lies over it.
    if (window.innerWidth < NARROW) setDrawn(!isDrawn);
    else facetOptions.set({ ...facets, isOpen: !facets.isOpen });
  };
  const tell = useCallback((state: Found) => { setFound(state); }, []);
  const ask = (query: string, off = search.off) => { onSearch({ ...search, query, off }); };
  const clear = () => { setSelection(project, NOTHING); };
  const { query, order } = search;
  const all = () => { setSelection(project, { kind: "query", query, total: total ?? 0 }); };

  return (
    <section className="flex h-0 min-h-112 grow flex-col gap-2" aria-label={t("tabs.images")}>
      <div className="flex shrink-0 gap-2">
        <QueryBar project={project} query={query} onQuery={ask} />
        <BuilderButton project={project} query={query} onQuery={ask} />
        <SavedSearches project={project} search={search} onSearch={(next) => { onSearch({ ...next, off: [] }); }} />
      </div>
      <TermChips query={query} off={search.off} onChange={ask} />
      <QueryError error={error} query={query} onQuery={ask} />
      <div className="relative flex min-h-0 grow gap-2">
        <div className={`min-h-0 ${isDrawn ? "absolute top-10 bottom-0 left-0 z-20 flex rounded-lg bg-raised p-2 shadow-raised" : "hidden"} md:static md:p-0 md:shadow-none md:bg-transparent ${facets.isOpen ? "md:flex" : "md:hidden"}`}>
          <Facets project={project} query={query} isAnswered={isAnswered && isDrawnSince} onQuery={ask} />
        </div>
        <div className="flex min-w-0 grow flex-col gap-2">
          {/* One row or the other, so that the grid stays where it is. */}
          {sizeOf(selection) > 0 ? (
            <BulkBar project={project} selection={selection} onClear={clear}>
              {actions?.(selectorOf(selection))}
              {selection.kind === "ids" && total !== undefined && selection.ids.size < total && <Button look="ghost" icon={SquareCheck} onClick={all}>{t("images.selectAll", { total: count(total) })}</Button>}
            </BulkBar>
          ) : (
            <ImagesToolbar total={error ? undefined : total} isSideOpen={facets.isOpen || isDrawn} onSide={toggleSide} order={order} onOrder={(next) => { onSearch({ ...search, order: next }); }} onAll={all} />
          )}
          <BulkProgress project={project} />
          {total === 0 && !error && <NoImages isSearch={query !== ""}>{uploadLink}</NoImages>}
          <div className={`flex min-h-0 grow flex-col rounded-lg border border-line bg-surface p-1 ${total === 0 || error ? "hidden" : ""}`}>
            <Grid key={JSON.stringify([project, query, order])} project={project} search={search} selection={selection} hrefOf={hrefOf} onOpen={onOpen} onState={tell} />
          </div>
        </div>
      </div>
    </section>
  );
}

function NoImages({ isSearch, children }: { isSearch: boolean; children: ReactNode }) {
  const { t } = useTranslation();
  return isSearch
    ? <Empty title={t("images.none")} icon={SearchX}>{t("images.noneHint")}</Empty>
    : <Empty title={t("images.emptyProject")} icon={ImagePlus}>{children ? t("images.emptyProjectHint") : t("projects.onlyLooksHint")}{children}</Empty>;
}
