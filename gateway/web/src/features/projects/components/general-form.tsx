import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { ErrorNotice } from "@/components/ui/notice";
import { showToast } from "@/components/ui/toast";
import { useUpdateProject, type Project } from "@/features/projects/api/projects";
import { idOf } from "@/lib/api/client";

/** What a project is called, what it is about, and in which time zone its days are meant. */
export function GeneralForm({ project }: { project: Project }) {
  const { t } = useTranslation();
  const update = useUpdateProject(idOf(project.name));
  const [displayName, setDisplayName] = useState(project.displayName ?? "");
  const [description, setDescription] = useState(project.description ?? "");
  const [timeZone, setTimeZone] = useState(project.timeZone ?? "");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    update.mutate({ displayName: displayName.trim(), description, timeZone, ...(project.etag && { etag: project.etag }) }, { onSuccess: () => { showToast(t("settings.saved")); } });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4" aria-label={t("projects.settings.general")}>
      <Field label={t("projects.name")} required maxLength={100} value={displayName} onChange={(event) => { setDisplayName(event.target.value); }} />
      <Field label={t("projects.description")} maxLength={2000} value={description} onChange={(event) => { setDescription(event.target.value); }} />
      <Field label={t("projects.timeZone")} required list="time-zones" hint={t("projects.settings.timeZoneHint")} value={timeZone} onChange={(event) => { setTimeZone(event.target.value); }} />
      <datalist id="time-zones">{Intl.supportedValuesOf("timeZone").map((each) => <option key={each} value={each} />)}</datalist>
      <ErrorNotice error={update.error} />
      <Button type="submit" look="primary" className="self-start" disabled={update.isPending}>{t("settings.save")}</Button>
    </form>
  );
}
