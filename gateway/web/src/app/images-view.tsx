import { Link, Navigate, useNavigate, useRouter } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { imageSearchOf, toAddress } from "@/app/image-search";
import { MapButton } from "@/app/map-button";
import type { ProjectSearch } from "@/app/search";
import { buttonLook } from "@/components/ui/button";
import { ExportButton } from "@/features/exports/components/export-button";
import { ImagesTab } from "@/features/images/components/images-tab";
import { useRights } from "@/lib/api/rights";

/** The images of a project; an address with an image leads to that image's own page. */
export function ImagesView({ project, search }: { project: string; search: ProjectSearch }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const router = useRouter();
  const { mayEdit } = useRights(project);
  const { query = "", order, off } = search;
  // One object as long as nothing changes: the grid begins anew with another one.
  const shown = useMemo(() => ({ ...imageSearchOf({ query, ...(order && { order }) }), off: off ?? [] }), [query, order, off]);
  const linkTo = useCallback(
    (image: string) => ({ to: "/projects/$project/images/$image" as const, params: { project, image }, search: toAddress(shown) }),
    [project, shown],
  );
  const hrefOf = useCallback((image: string) => router.buildLocation(linkTo(image)).href, [router, linkTo]);

  if (search.image) return <Navigate {...linkTo(search.image)} replace />;
  return (
    <ImagesTab
      project={project}
      search={shown}
      onSearch={(next) => void navigate({ to: "/projects/$project", params: { project }, search: { ...(search.tab && { tab: search.tab }), ...toAddress(next) }, resetScroll: false })}
      hrefOf={hrefOf}
      onOpen={(image) => void navigate(linkTo(image))}
      actions={(selector) => (
        <>
          <MapButton project={project} selector={selector} />
          <ExportButton project={project} images={{ selector }} />
        </>
      )}
      uploadLink={mayEdit && <Link className={buttonLook("primary")} to="/projects/$project" params={{ project }} search={{ tab: "upload" }}>{t("tabs.upload")}</Link>}
    />
  );
}
