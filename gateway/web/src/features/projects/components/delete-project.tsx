import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { ErrorNotice } from "@/components/ui/notice";
import { useDeleteProject, type Project } from "@/features/projects/api/projects";
import { idOf } from "@/lib/api/client";
import { count } from "@/lib/format";

/** Deletes a project for good; its name has to be typed, because nothing brings it back. */
export function DeleteProject({ project, onDeleted }: { project: Project; onDeleted: () => void }) {
  const { t } = useTranslation();
  const remove = useDeleteProject(idOf(project.name));
  const [isOpen, setIsOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const hint = t("projects.settings.deleteHint", { images: count(project.imageCounts?.total) });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    remove.mutate(undefined, { onSuccess: onDeleted });
  };
  return (
    <div className="flex flex-col gap-3">
      <p className="text-quiet">{hint}</p>
      <Button look="danger" className="self-start" onClick={() => { setIsOpen(true); }}>{t("projects.settings.delete")}</Button>
      <Dialog title={t("projects.settings.delete")} description={hint} isOpen={isOpen} onClose={() => { setIsOpen(false); }}>
        <form onSubmit={submit} className="flex flex-col gap-4">
          <Field label={t("projects.settings.typeName", { name: project.displayName })} autoComplete="off" value={typed} onChange={(event) => { setTyped(event.target.value); }} />
          <ErrorNotice error={remove.error} />
          <Button type="submit" look="danger" disabled={typed !== project.displayName || remove.isPending}>{t("projects.settings.deleteNow")}</Button>
        </form>
      </Dialog>
    </div>
  );
}
