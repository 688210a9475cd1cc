import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Building2, FolderPlus, Lock, Plus, Search } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Badge } from "@/components/ui/card";
import { Dialog } from "@/components/ui/dialog";
import { Input } from "@/components/ui/field";
import { MoreBelow } from "@/components/ui/more-below";
import { Empty, ErrorNotice, Skeleton } from "@/components/ui/notice";
import { projectsQuery, type Project } from "@/features/projects/api/projects";
import { CreateProject } from "@/features/projects/components/create-project";
import { idOf } from "@/lib/api/client";
import { count, time } from "@/lib/format";

const ROLES = {
  PROJECT_ROLE_OWNER: "owner", PROJECT_ROLE_EDITOR: "editor", PROJECT_ROLE_VIEWER: "viewer", PROJECT_ROLE_GUEST: "guest",
} as const;

export function ProjectsPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [filter, setFilter] = useState("");
  const projects = useInfiniteQuery(projectsQuery(useDeferredValue(filter.trim())));
  const [isCreating, setIsCreating] = useState(false);
  const found = projects.data?.pages.flatMap((page) => page.projects ?? []) ?? [];
  const create = <Button look="primary" icon={Plus} onClick={() => { setIsCreating(true); }}>{t("projects.create")}</Button>;

  return (
    <main className="mx-auto flex w-full max-w-6xl flex-col gap-4 p-6">
      <div className="flex flex-wrap items-center gap-3">
        <h1 className="text-xl font-semibold">{t("projects.title")}</h1>
        <span className="relative ml-auto">
          <Search className="pointer-events-none absolute top-2 left-2.5 size-4 text-quiet" aria-hidden />
          <Input type="search" aria-label={t("projects.search")} placeholder={t("projects.search")} className="w-60 pl-8" value={filter} onChange={(event) => { setFilter(event.target.value); }} />
        </span>
        {create}
      </div>
      <ErrorNotice error={projects.error} />
      {projects.isPending && <Skeleton className="h-32" />}
      {projects.isSuccess && found.length === 0 && (
        filter.trim() ? <Empty title={t("projects.noneFound")} icon={Search} /> : <Empty title={t("projects.empty")} icon={FolderPlus}>{t("projects.emptyHint")}</Empty>
      )}
      <ul className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
        {found.map((project) => <li key={project.name}><ProjectCard project={project} /></li>)}
      </ul>
      {projects.hasNextPage && <MoreBelow label={t("images.more")} isBusy={projects.isFetchingNextPage} onMore={() => void projects.fetchNextPage()} />}
      <Dialog title={t("projects.create")} isWide isOpen={isCreating} onClose={() => { setIsCreating(false); }}>
        <CreateProject onCreated={(name) => void navigate({ to: "/projects/$project", params: { project: idOf(name) }, search: { tab: "upload" } })} />
      </Dialog>
    </main>
  );
}

function ProjectCard({ project }: { project: Project }) {
  const { t } = useTranslation();
  const { total, analysed, failed } = project.imageCounts ?? {};
  const role = ROLES[project.callerRole as keyof typeof ROLES] as (typeof ROLES)[keyof typeof ROLES] | undefined;
  const Sight = project.visibility === "VISIBILITY_ORGANISATION" ? Building2 : Lock;
  return (
    <Link to="/projects/$project" params={{ project: idOf(project.name) }} search={{}} className="flex h-full flex-col gap-2 rounded-lg border border-line bg-surface p-4 transition-colors hover:border-accent">
      <span className="flex items-center gap-2">
        <b className="min-w-0 flex-1 truncate text-base font-semibold">{project.displayName}</b>
        <Sight className="size-4 shrink-0 text-quiet" aria-label={t(project.visibility === "VISIBILITY_ORGANISATION" ? "projects.visibility.organisation" : "projects.visibility.private")} />
      </span>
      <span className="line-clamp-2 min-h-10 text-quiet">{project.description}</span>
      <span className="mt-auto flex h-1.5 overflow-hidden rounded-full bg-sunken" aria-hidden>
        <span className="bg-accent" style={{ width: share(analysed, total) }} />
        <span className="bg-danger" style={{ width: share(failed, total) }} />
      </span>
      <span className="text-xs tabular-nums">{t("projects.counts", { total: count(total), analysed: count(analysed), failed: count(failed) })}</span>
      <span className="flex items-center gap-2 text-xs text-quiet">
        <span className="min-w-0 flex-1 truncate">{idOf(project.model)} · {time(project.updateTime)}</span>
        {role && <Badge>{t(`projects.roles.${role}`)}</Badge>}
      </span>
    </Link>
  );
}

function share(part: string | undefined, total: string | undefined): string {
  return `${Number(total ?? 0) > 0 ? (100 * Number(part ?? 0)) / Number(total) : 0}%`;
}
