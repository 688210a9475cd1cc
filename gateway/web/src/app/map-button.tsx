import { useNavigate } from "@tanstack/react-router";
import { Waypoints } from "lucide-react";
import { useCallback, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { showToast } from "@/components/ui/toast";
import { useCreateAnalysis } from "@/features/analyses/api/analyses";
import { idOf, type Schemas } from "@/lib/api/client";
import { useOperation } from "@/lib/api/use-operation";
import { count, percent } from "@/lib/format";
import { faultText } from "@/lib/i18n/fault-text";

/** Draws a map of selected images and opens it when it is ready. */
export function MapButton({ project, selector }: { project: string; selector: Schemas["ImageSelector"] }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const create = useCreateAnalysis(project);
  const open = useCallback((operation: { response?: unknown }) => {
    const { name } = (operation.response ?? {}) as { name?: string };
    void navigate({ to: "/projects/$project", params: { project }, search: { tab: "maps", map: idOf(name) } });
  }, [navigate, project]);
  const work = useOperation(open);
  const failure = create.error ?? work.error;
  useEffect(() => { if (failure) showToast(faultText(failure)); }, [failure]);
  const images = selector.images ? t("curation.defaultName", { images: count(selector.images.ids?.length) }) : selector.query || t("maps.all");
  const draw = () => {
    create.mutate(
      { method: "METHOD_UMAP", dimensions: 2, displayName: t("maps.defaultName", { method: "UMAP", dimensions: 2, images }).slice(0, 100), selector },
      { onSuccess: (operation) => { if (operation.done) open(operation); else work.start(operation); } },
    );
  };
  return (
    <Button icon={Waypoints} disabled={create.isPending || work.isRunning} onClick={draw}>
      {t("images.tabMaps")}{work.isRunning && ` ${percent(work.fraction)}`}
    </Button>
  );
}
