import { noop, type QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, Link, type ErrorComponentProps, type RouterHistory } from "@tanstack/react-router";
import { MapPinOff } from "lucide-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { AdminRoute, readAdminSearch } from "@/app/admin-route";
import { imageSearchOf } from "@/app/image-search";
import { Layout } from "@/app/layout";
import { ProjectPage } from "@/app/project-page";
import { readProjectSearch } from "@/app/search";
import { Button, buttonLook } from "@/components/ui/button";
import { Empty, ErrorNotice } from "@/components/ui/notice";
import { pageQuery } from "@/features/images/api/search";
import { viewOptions } from "@/features/images/grid/view-options";
import { ProjectsPage } from "@/features/projects/components/projects-page";
import { projectQuery } from "@/lib/api/rights";

const rootRoute = createRootRouteWithContext<{ cache: QueryClient }>()({ component: Layout, notFoundComponent: NotFound, errorComponent: Broken });

const projectsRoute = createRoute({ getParentRoute: () => rootRoute, path: "/", component: ProjectsPage });

const projectRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/projects/$project",
  component: ProjectRoute,
  validateSearch: readProjectSearch,
  loaderDeps: ({ search }) => search,
  // Asked for before the page is drawn, and when somebody points at a link to it: what it waits for is under way then.
  loader: ({ context: { cache }, params: { project }, deps: search }) => {
    // What goes wrong is shown by the page, which asks for the same.
    if ((search.tab ?? "images") === "images" && !search.image) cache.query(pageQuery(project, imageSearchOf(search), 0, viewOptions.get().tags)).catch(noop);
    cache.query(projectQuery(project)).catch(noop);
  },
});

function ProjectRoute() {
  const { project } = projectRoute.useParams();
  return <ProjectPage key={project} project={project} search={projectRoute.useSearch()} />;
}

const imageRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/projects/$project/images/$image",
  component: ImageRoute,
  validateSearch: readProjectSearch,
});

// Not part of the first load; a project's page fetches it when it has nothing else to do.
const ImageView = lazy(() => import("@/app/image-view").then((module) => ({ default: module.ImageView })));

function ImageRoute() {
  const [params, search] = [imageRoute.useParams(), imageRoute.useSearch()];
  return <Suspense><ImageView {...params} search={search} /></Suspense>;
}

const SettingsPage = lazy(() => import("@/features/account/components/settings-page").then((module) => ({ default: module.SettingsPage })));

const accountRoute = createRoute({ getParentRoute: () => rootRoute, path: "/account", component: AccountRoute });

function AccountRoute() {
  return <Suspense><SettingsPage /></Suspense>;
}

const adminRoute = createRoute({ getParentRoute: () => rootRoute, path: "/admin", component: AdminRoute, validateSearch: readAdminSearch });

function NotFound() {
  const { t } = useTranslation();
  return (
    <main>
      <Empty title={t("common.notFound")} icon={MapPinOff}>
        <Link to="/" className={buttonLook("primary")}>{t("common.home")}</Link>
      </Empty>
    </main>
  );
}

function Broken({ error }: ErrorComponentProps) {
  const { t } = useTranslation();
  return (
    <main className="flex flex-col items-start gap-4 p-10">
      <p>{t("common.crashed")}</p>
      <ErrorNotice error={error instanceof Error ? error : new Error(String(error))} />
      <Button look="primary" onClick={() => { window.location.reload(); }}>{t("common.reload")}</Button>
    </main>
  );
}

/** The pages, over what is remembered of Loupe's answers; tests give a history of their own. */
export function createAppRouter(cache: QueryClient, history?: RouterHistory) {
  return createRouter({
    routeTree: rootRoute.addChildren([projectsRoute, projectRoute, imageRoute, accountRoute, adminRoute]),
    context: { cache },
    defaultPreload: "intent",
    ...(history && { history }),
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
