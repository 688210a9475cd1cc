import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Empty, ErrorNotice } from "@/components/ui/notice";
import { projectsQuery } from "@/features/projects/api/projects";
import { CreateProject } from "@/features/projects/components/create-project";
import { idOf } from "@/lib/api/client";
import { count } from "@/lib/format";

export function ProjectsPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const projects = useQuery(projectsQuery);
  const [isCreating, setIsCreating] = useState(false);
  const found = projects.data?.projects ?? [];

  return (
    <main className="mx-auto flex w-full max-w-4xl flex-col gap-4 p-6">
      <div className="flex items-center justify-between">
        <h1 className="text-xl font-semibold">{t("projects.title")}</h1>
        {!isCreating && <Button look="primary" onClick={() => { setIsCreating(true); }}>{t("projects.create")}</Button>}
      </div>
      {isCreating && (
        <CreateProject
          onCancel={() => { setIsCreating(false); }}
          onCreated={(name) => void navigate({ to: "/projects/$project", params: { project: idOf(name) }, search: { tab: "upload" } })}
        />
      )}
      <ErrorNotice error={projects.error} />
      {projects.isSuccess && found.length === 0 && !isCreating && (
        <Empty title={t("projects.empty")}>{t("projects.emptyHint")}</Empty>
      )}
      <ul className="grid gap-3 sm:grid-cols-2">
        {found.map((project) => (
          <li key={project.name}>
            <Link
              to="/projects/$project"
              params={{ project: idOf(project.name) }}
              search={{}}
              className="block rounded-lg border border-line bg-surface p-4 hover:border-accent"
            >
              <b>{project.displayName}</b>
              <span className="block truncate text-sm text-quiet">{project.description}</span>
              <span className="mt-2 block text-sm text-quiet">
                {idOf(project.model)} ·{" "}
                {t("projects.counts", {
                  total: count(project.imageCounts?.total),
                  analysed: count(project.imageCounts?.analysed),
                  failed: count(project.imageCounts?.failed),
                })}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </main>
  );
}
