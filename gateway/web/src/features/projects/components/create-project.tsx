import { useQuery } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { ErrorNotice } from "@/components/ui/notice";
import { modelsQuery, useCreateProject } from "@/features/projects/api/projects";

export function CreateProject({ onCreated, onCancel }: { onCreated: (name: string) => void; onCancel: () => void }) {
  const { t, i18n } = useTranslation();
  const models = useQuery(modelsQuery);
  const create = useCreateProject();
  const [displayName, setDisplayName] = useState("");
  const [description, setDescription] = useState("");
  const [model, setModel] = useState("");
  const [isShared, setIsShared] = useState(false);
  const chosen = model || models.data?.models?.find((each) => each.state !== "STATE_FAILED")?.name || "";

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const visibility = isShared ? "VISIBILITY_ORGANISATION" : "VISIBILITY_PRIVATE";
    const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    create.mutate(
      { displayName, description, model: chosen, visibility, timeZone },
      { onSuccess: (project) => { onCreated(project.name ?? ""); } },
    );
  };

  return (
    <form onSubmit={submit} className="flex flex-col gap-4 rounded-lg border border-line bg-surface p-6" aria-label={t("projects.create")}>
      <Field label={t("projects.name")} required maxLength={100} value={displayName} onChange={(event) => { setDisplayName(event.target.value); }} />
      <Field label={t("projects.description")} placeholder={t("account.optional")} value={description} onChange={(event) => { setDescription(event.target.value); }} />
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-1 text-sm font-medium">{t("projects.model")}</legend>
        {models.data?.models?.map((each) => (
          <label key={each.name} className="flex cursor-pointer gap-3 rounded-md border border-line p-3 text-sm has-checked:border-accent">
            <input type="radio" name="model" disabled={each.state === "STATE_FAILED"} checked={chosen === each.name} onChange={() => { setModel(each.name ?? ""); }} />
            <span>
              <b className="block">{each.displayName}</b>
              {each.state === "STATE_FAILED" && <span className="block text-danger">{each.stateMessage}</span>}
              <span className="text-quiet">{each.descriptions?.[i18n.language] ?? each.descriptions?.["en"]}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <label className="flex gap-2 text-sm">
        <input type="checkbox" checked={isShared} onChange={(event) => { setIsShared(event.target.checked); }} />
        {t("projects.shared")}
      </label>
      <ErrorNotice error={create.error ?? models.error} />
      <div className="flex gap-2">
        <Button type="submit" look="primary" disabled={create.isPending || !chosen}>{t("projects.create")}</Button>
        <Button onClick={onCancel}>{t("common.cancel")}</Button>
      </div>
    </form>
  );
}
