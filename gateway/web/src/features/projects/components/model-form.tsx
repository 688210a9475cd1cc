import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { ErrorNotice } from "@/components/ui/notice";
import { modelsQuery, useUpdateProject, type Project } from "@/features/projects/api/projects";
import { ModelChoice } from "@/features/projects/components/model-choice";
import { idOf } from "@/lib/api/client";

/** Which model analyses the images that come from now on. */
export function ModelForm({ project }: { project: Project }) {
  const { t } = useTranslation();
  const models = useQuery(modelsQuery).data?.models ?? [];
  const update = useUpdateProject(idOf(project.name));
  const [isOpen, setIsOpen] = useState(false);
  const [chosen, setChosen] = useState(project.model ?? "");
  const current = models.find((each) => each.name === project.model);
  const isOlder = current?.activeVersion !== undefined && current.activeVersion !== project.modelVersion;
  const change = (model: string) => { update.mutate({ model }, { onSuccess: () => { setIsOpen(false); } }); };
  return (
    <div className="flex flex-col gap-3">
      <p>
        {current?.displayName ?? idOf(project.model)} <span className="text-quiet">{t("projects.settings.version", { version: project.modelVersion })}</span>
      </p>
      <p className="text-xs text-quiet">{t("projects.settings.modelHint")}</p>
      <div className="flex gap-2">
        <Button onClick={() => { setIsOpen(true); }}>{t("projects.settings.changeModel")}</Button>
        {isOlder && <Button disabled={update.isPending} onClick={() => { change(project.model ?? ""); }}>{t("projects.settings.newVersion", { version: current.activeVersion })}</Button>}
      </div>
      <ErrorNotice error={update.error} />
      <Dialog title={t("projects.settings.changeModel")} isWide isOpen={isOpen} onClose={() => { setIsOpen(false); }}>
        <ModelChoice models={models} chosen={chosen} onChoose={setChosen} />
        <ErrorNotice error={update.error} />
        <Button look="primary" className="self-end" disabled={update.isPending} onClick={() => { change(chosen); }}>{t("settings.save")}</Button>
      </Dialog>
    </div>
  );
}
