import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { ErrorNotice, Progress } from "@/components/ui/notice";
import type { Analysis } from "@/features/analyses/api/analyses";
import { idOf } from "@/lib/api/client";
import { useOperation } from "@/lib/api/use-operation";

const PHASES = {
  queued: "queued", features: "features", "principal components": "components", neighbours: "neighbours", layout: "layout", quality: "quality",
} as const;

interface RunningMapProps {
  project: string;
  analysis: Analysis;
  onDrawn: (map: string) => void;
}

/** A map that is being drawn: how far it is, and a way to stop it. Found again after a reload. */
export function RunningMap({ project, analysis, onDrawn }: RunningMapProps) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const work = useOperation(() => {
    void cache.invalidateQueries({ queryKey: ["analyses", project] });
    onDrawn(idOf(analysis.name));
  });
  const { start, error } = work;
  const operation = analysis.operation;
  useEffect(() => {
    if (operation) start({ name: operation });
    // The work is followed once for each map; `start` is another function at each drawing of the page.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [operation]);
  useEffect(() => {
    if (error) void cache.invalidateQueries({ queryKey: ["analyses", project] });
  }, [cache, error, project]);
  const phase = work.phase in PHASES ? PHASES[work.phase as keyof typeof PHASES] : undefined;
  return (
    <div className="flex flex-col gap-2 rounded-md border border-line bg-surface p-2">
      <span className="truncate">{analysis.displayName}</span>
      <ErrorNotice error={error} />
      <Progress value={work.fraction} label={phase ? t(`maps.phases.${phase}`) : t("maps.running")} />
      <Button className="self-start" onClick={work.cancel}>{t("maps.cancel")}</Button>
    </div>
  );
}
