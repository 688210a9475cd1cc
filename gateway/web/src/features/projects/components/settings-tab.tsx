import { useQuery } from "@tanstack/react-query";
import { useId, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Card } from "@/components/ui/card";
import { ErrorNotice, Skeleton } from "@/components/ui/notice";
import { useUpdateProject, type Project } from "@/features/projects/api/projects";
import { DeleteProject } from "@/features/projects/components/delete-project";
import { GeneralForm } from "@/features/projects/components/general-form";
import { Members } from "@/features/projects/components/members";
import { ModelForm } from "@/features/projects/components/model-form";
import { TransferProject } from "@/features/projects/components/transfer-project";
import { VisibilityChoice } from "@/features/projects/components/visibility-choice";
import { idOf } from "@/lib/api/client";
import { projectQuery, useRights } from "@/lib/api/rights";

interface SettingsTabProps {
  project: string;
  onDeleted: () => void;
}

/** Everything about a project that is not in its images. Editors change what it is, owners also who sees it. */
export function SettingsTab({ project, onDeleted }: SettingsTabProps) {
  const { t } = useTranslation();
  const found = useQuery(projectQuery(project));
  const { isOwner, mayEdit } = useRights(project);
  if (found.error) return <ErrorNotice error={found.error} />;
  if (!found.data) return <Skeleton className="h-40 max-w-3xl" />;
  return (
    <div className="mx-auto flex w-full max-w-3xl flex-col gap-8 pb-10">
      {!mayEdit && <p className="text-quiet">{t("projects.settings.readOnly")}</p>}
      {mayEdit && <Part title={t("projects.settings.general")}><GeneralForm key={found.data.etag} project={found.data} /></Part>}
      {mayEdit && <Part title={t("projects.model")}><ModelForm project={found.data} /></Part>}
      {isOwner && <Part title={t("projects.settings.sharing")}><Sharing project={found.data} /></Part>}
      {isOwner && <Part title={t("projects.settings.transfer")}><TransferProject project={project} /></Part>}
      {isOwner && <Part title={t("projects.settings.delete")}><DeleteProject project={found.data} onDeleted={onDeleted} /></Part>}
    </div>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="flex flex-col gap-3">
      <h2 id={id} className="text-base font-semibold">{title}</h2>
      <Card className="p-4">{children}</Card>
    </section>
  );
}

/** Each change is kept at once. */
function Sharing({ project }: { project: Project }) {
  const update = useUpdateProject(idOf(project.name));
  return (
    <div className="flex flex-col gap-4">
      <VisibilityChoice value={project.visibility === "VISIBILITY_ORGANISATION" ? "VISIBILITY_ORGANISATION" : "VISIBILITY_PRIVATE"} onChange={(visibility) => { update.mutate({ visibility }); }} />
      <Members members={update.isPending ? (update.variables.members ?? project.members ?? []) : (project.members ?? [])} onChange={(members) => { update.mutate({ members }); }} />
      <ErrorNotice error={update.error} />
    </div>
  );
}
