import { useQuery } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { ErrorNotice } from "@/components/ui/notice";
import { modelsQuery, useCreateProject, type Member } from "@/features/projects/api/projects";
import { Members } from "@/features/projects/components/members";
import { ModelChoice } from "@/features/projects/components/model-choice";
import { VisibilityChoice, type Visibility } from "@/features/projects/components/visibility-choice";

const STEPS = ["model", "about", "who"] as const;

/** A new project in three steps: what its images are analysed by, what it is, who sees it. */
export function CreateProject({ onCreated }: { onCreated: (name: string) => void }) {
  const { t } = useTranslation();
  const models = useQuery(modelsQuery);
  const create = useCreateProject();
  const [step, setStep] = useState(0);
  const [chosen, setModel] = useState("");
  const [displayName, setDisplayName] = useState("");
  const [description, setDescription] = useState("");
  const [visibility, setVisibility] = useState<Visibility>("VISIBILITY_PRIVATE");
  const [members, setMembers] = useState<Member[]>([]);
  const usable = models.data?.models?.filter((each) => each.state !== "STATE_FAILED") ?? [];
  const model = chosen || usable[0]?.name || "";
  const name = STEPS[step] ?? "model";
  const isLast = step === STEPS.length - 1;

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!isLast) {
      setStep(step + 1);
      return;
    }
    const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    create.mutate(
      { displayName: displayName.trim(), description, model, visibility, members, timeZone },
      { onSuccess: (project) => { onCreated(project.name ?? ""); } },
    );
  };

  return (
    <form onSubmit={submit} className="flex flex-col gap-4" aria-label={t("projects.create")}>
      <ol className="flex gap-4 text-xs">
        {STEPS.map((each, index) => (
          <li key={each} aria-current={index === step ? "step" : undefined} className="flex items-center gap-1.5 text-quiet aria-[current=step]:font-medium aria-[current=step]:text-ink">
            <span className={`inline-flex size-5 items-center justify-center rounded-full text-2xs ${index <= step ? "bg-accent text-on-accent" : "bg-sunken"}`}>{index + 1}</span>
            {t(`projects.steps.${each}`)}
          </li>
        ))}
      </ol>
      {name === "model" && <ModelChoice models={models.data?.models ?? []} chosen={model} onChoose={setModel} />}
      {name === "about" && (
        <>
          <Field label={t("projects.name")} required maxLength={100} value={displayName} onChange={(event) => { setDisplayName(event.target.value); }} />
          <Field label={t("projects.description")} placeholder={t("account.optional")} maxLength={2000} value={description} onChange={(event) => { setDescription(event.target.value); }} />
        </>
      )}
      {name === "who" && (
        <>
          <VisibilityChoice value={visibility} onChange={setVisibility} />
          <Members members={members} onChange={setMembers} />
        </>
      )}
      <ErrorNotice error={create.error ?? models.error} />
      {/* Always in view, however long the step is. */}
      <div className="sticky -bottom-5 -mx-5 -mb-5 flex justify-between border-t border-line bg-raised px-5 py-3">
        {step > 0 ? <Button onClick={() => { setStep(step - 1); }}>{t("projects.back")}</Button> : <span />}
        <Button key={name} type="submit" look="primary" disabled={create.isPending || !model}>{t(isLast ? "projects.create" : "projects.next")}</Button>
      </div>
    </form>
  );
}
