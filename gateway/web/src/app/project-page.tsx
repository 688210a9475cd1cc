import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { TABS, type ProjectSearch } from "@/app/search";
import { ErrorNotice } from "@/components/ui/notice";
import { CurationTab } from "@/features/curation/components/curation-tab";
import { ExportsTab } from "@/features/exports/components/exports-tab";
import { ImagesTab } from "@/features/images/components/images-tab";
import { SelectionBar } from "@/features/images/components/selection-bar";
import { projectQuery } from "@/features/projects/api/projects";
import { UploadTab } from "@/features/uploads/components/upload-tab";
import { count } from "@/lib/format";

// The map brings a 3-D library along; who does not open it does not load it.
const MapsTab = lazy(() => import("@/features/analyses/components/maps-tab").then((module) => ({ default: module.MapsTab })));

export function ProjectPage({ project, search }: { project: string; search: ProjectSearch }) {
  const { t } = useTranslation();
  const found = useQuery(projectQuery(project));
  const name = found.data?.displayName;
  useEffect(() => {
    document.title = name ? `${name} · Loupe` : "Loupe";
    return () => { document.title = "Loupe"; };
  }, [name]);

  if (found.error) return <div className="p-6"><ErrorNotice error={found.error} /></div>;
  return (
    <main className="flex w-full flex-1 flex-col gap-4 p-6">
      <div className="flex flex-wrap items-baseline gap-x-4">
        <h1 className="min-w-0 text-xl font-semibold break-words">{name ?? t("common.loading")}</h1>
        {found.data && (
          <span className="text-sm text-quiet tabular-nums">
            {t("projects.counts", {
              total: count(found.data.imageCounts?.total),
              analysed: count(found.data.imageCounts?.analysed),
              failed: count(found.data.imageCounts?.failed),
            })}
          </span>
        )}
      </div>
      <Tabs project={project} search={search} />
      <TabContent project={project} search={search} />
    </main>
  );
}

function Tabs({ project, search }: { project: string; search: ProjectSearch }) {
  const { t } = useTranslation();
  return (
    <nav className="flex gap-1 border-b border-line" aria-label={t("tabs.title")}>
      {TABS.map((each) => (
        <Link
          key={each}
          to="/projects/$project"
          params={{ project }}
          search={{ tab: each, ...(search.query && { query: search.query }) }}
          aria-current={each === (search.tab ?? "images") ? "page" : undefined}
          className="-mb-px border-b-2 border-transparent px-4 py-2 text-sm hover:border-line aria-[current=page]:border-accent aria-[current=page]:font-semibold"
        >
          {t(`tabs.${each}`)}
        </Link>
      ))}
    </nav>
  );
}

function TabContent({ project, search }: { project: string; search: ProjectSearch }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const go = (next: ProjectSearch) => void navigate({ to: "/projects/$project", params: { project }, search: next, resetScroll: false });
  const query = search.query ?? "";

  if (search.tab === "upload") return <UploadTab project={project} />;
  if (search.tab === "results") return <ExportsTab project={project} query={query} />;
  if (search.tab === "curation") {
    return (
      <CurationTab
        project={project}
        query={query}
        imageLink={(image) => ({ to: "/projects/$project", params: { project }, search: { tab: "images", image } })}
        queryLink={(text) => ({ to: "/projects/$project", params: { project }, search: { tab: "images", query: text } })}
      />
    );
  }
  if (search.tab === "maps") {
    return (
      <Suspense fallback={<p className="text-quiet">{t("common.loading")}</p>}>
        <MapsTab
          project={project}
          query={query}
          map={search.map ?? ""}
          onOpen={(map) => { go({ tab: "maps", map, query }); }}
          imageLink={(image) => ({ to: "/projects/$project", params: { project }, search: { tab: "images", image } })}
          actions={(ids, onClear) => <SelectionBar project={project} ids={ids} onClear={onClear} />}
        />
      </Suspense>
    );
  }
  return (
    <ImagesTab
      project={project}
      query={query}
      opened={search.image ?? ""}
      onQuery={(text) => { go({ query: text }); }}
      onOpen={(image) => { go({ query, image }); }}
    />
  );
}
