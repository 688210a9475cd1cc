import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { ImagesView } from "@/app/images-view";
import { ProjectKeys } from "@/app/project-keys";
import { TABS, type ProjectSearch } from "@/app/search";
import { Badge } from "@/components/ui/card";
import { ErrorNotice } from "@/components/ui/notice";
import { OnlyLooks } from "@/components/ui/only-looks";
import { TAB, TabBar } from "@/components/ui/tab-bar";
import { ExportButton } from "@/features/exports/components/export-button";
import { Boxes, predictedBoxes } from "@/features/images/components/boxes";
import { UploadTab } from "@/features/uploads/components/upload-tab";
import { projectQuery, useRights } from "@/lib/api/rights";
import { count } from "@/lib/format";

// The map brings a 3-D library along, which the page fetches when it has nothing else to do.
const loadMaps = () => import("@/features/analyses/components/maps-tab");
const MapsTab = lazy(() => loadMaps().then((module) => ({ default: module.MapsTab })));
const QUIET_MS = 1500;

// So are the others: most visits are for the images.
const CurationTab = lazy(() => import("@/features/curation/components/curation-tab").then((module) => ({ default: module.CurationTab })));
const ExportsTab = lazy(() => import("@/features/exports/components/exports-tab").then((module) => ({ default: module.ExportsTab })));
const SettingsTab = lazy(() => import("@/features/projects/components/settings-tab").then((module) => ({ default: module.SettingsTab })));

const QualityTab = lazy(() => import("@/features/quality/components/quality-tab").then((module) => ({ default: module.QualityTab })));
const ReviewTab = lazy(() => import("@/features/review/components/review-tab").then((module) => ({ default: module.ReviewTab })));
const TrashTab = lazy(() => import("@/features/trash/components/trash-tab").then((module) => ({ default: module.TrashTab })));

export function ProjectPage({ project, search }: { project: string; search: ProjectSearch }) {
  const { t } = useTranslation();
  const found = useQuery(projectQuery(project));
  const name = found.data?.displayName;
  const { onlyLooks } = useRights(project);
  useEffect(() => {
    document.title = name ? `${name} · Loupe` : "Loupe";
    return () => { document.title = "Loupe"; };
  }, [name]);

  useEffect(() => {
    // A browser that does not tell when it is idle loads maps and images' pages when somebody opens them.
    if (!("requestIdleCallback" in window)) return;
    const timer = setTimeout(() => { requestIdleCallback(() => void Promise.all([import("@/app/image-view"), loadMaps()])); }, QUIET_MS);
    return () => { clearTimeout(timer); };
  }, []);

  if (found.error) {
    return (
      <main className="flex flex-col items-start gap-4 p-6">
        <ErrorNotice error={found.error} />
        <Link to="/" className="text-accent underline">{t("common.home")}</Link>
      </main>
    );
  }
  return (
    <main className="flex min-h-0 w-full flex-1 flex-col">
      <div className="flex shrink-0 flex-wrap items-center gap-x-5 border-b border-line bg-surface px-4">
        <h1 className="max-w-80 min-w-0 truncate py-1 text-base font-semibold" title={name}>{name ?? t("common.loading")}</h1>
        <Tabs project={project} search={search} />
        {onlyLooks && <span title={t("projects.onlyLooksHint")}><Badge>{t("projects.onlyLooks")}</Badge></span>}
        {found.data && (
          <span className="ml-auto py-1 text-xs text-quiet tabular-nums">
            {t("projects.counts", {
              total: count(found.data.imageCounts?.total),
              analysed: count(found.data.imageCounts?.analysed),
              failed: count(found.data.imageCounts?.failed),
            })}
          </span>
        )}
        <ProjectKeys tab={search.tab ?? "images"} />
      </div>
      <div className="flex min-h-0 flex-1 flex-col overflow-y-auto p-4">
        <Suspense fallback={<p className="text-quiet">{t("common.loading")}</p>}><TabContent project={project} search={search} /></Suspense>
      </div>
    </main>
  );
}

// What is there to change images; who only looks has nothing to do there.
const EDITING = new Set<string | undefined>(["upload", "review", "trash"]);

function Tabs({ project, search }: { project: string; search: ProjectSearch }) {
  const { t } = useTranslation();
  const { onlyLooks } = useRights(project);
  const shown = search.tab === "trash" ? "settings" : (search.tab ?? "images");
  return (
    <TabBar label={t("tabs.title")} shown={shown}>
      {TABS.filter((each) => !onlyLooks || !EDITING.has(each)).map((each) => (
        <Link
          key={each}
          to="/projects/$project"
          params={{ project }}
          search={{ tab: each, ...(search.query && { query: search.query }) }}
          aria-current={each === shown ? "page" : undefined}
          className={TAB}
        >
          {t(`tabs.${each}`)}
        </Link>
      ))}
    </TabBar>
  );
}

function TabContent({ project, search }: { project: string; search: ProjectSearch }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const go = (next: ProjectSearch) => void navigate({ to: "/projects/$project", params: { project }, search: next, resetScroll: false });
  const { mayEdit, onlyLooks } = useRights(project);
  const query = search.query ?? "";

  // Not before it is known: these pages ask for what only editors get.
  if (!mayEdit && EDITING.has(search.tab)) return onlyLooks ? <OnlyLooks /> : <p className="text-quiet">{t("common.loading")}</p>;
  if (search.tab === "upload") return <UploadTab project={project} />;
  if (search.tab === "results") return <ExportsTab project={project} query={query} />;
  if (search.tab === "curation") {
    return (
      <CurationTab
        project={project}
        query={query}
        imageLink={(image) => ({ to: "/projects/$project", params: { project }, search: { tab: "images", image } })}
        queryLink={(text) => ({ to: "/projects/$project", params: { project }, search: { tab: "images", query: text } })}
        download={(split) => <ExportButton project={project} images={{ split }} />}
      />
    );
  }
  if (search.tab === "maps") {
    return (
      <MapsTab
        project={project}
        query={query}
        map={search.map ?? ""}
        beside={search.beside ?? ""}
        onOpen={(map, beside) => { go({ tab: "maps", map, query, ...(beside && { beside }) }); }}
        onQuery={(text) => { go({ ...search, query: text }); }}
        imageLink={(image) => ({ to: "/projects/$project/images/$image", params: { project, image }, search: {} })}
        onImage={(image) => void navigate({ to: "/projects/$project/images/$image", params: { project, image }, search: {} })}
        onGrid={(text) => { go({ query: text }); }}
      />
    );
  }
  if (search.tab === "review") {
    return <ReviewTab project={project} query={query} overlay={(image) => <Boxes image={image} boxes={predictedBoxes(image)} />} />;
  }
  if (search.tab === "quality") {
    return (
      <QualityTab
        project={project}
        query={query}
        queryLink={(text) => ({ to: "/projects/$project", params: { project }, search: { tab: "images", query: text } })}
        reviewLink={onlyLooks ? undefined : { to: "/projects/$project", params: { project }, search: { tab: "review", ...(query && { query }) } }}
      />
    );
  }
  if (search.tab === "trash") return <TrashTab project={project} />;
  if (search.tab === "settings") {
    return (
      <>
        {!onlyLooks && <Link to="/projects/$project" params={{ project }} search={{ tab: "trash" }} className="self-end text-accent underline">{t("trash.title")}</Link>}
        <SettingsTab project={project} onDeleted={() => void navigate({ to: "/" })} />
      </>
    );
  }
  return <ImagesView project={project} search={search} />;
}
