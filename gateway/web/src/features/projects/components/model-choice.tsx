import { useTranslation } from "react-i18next";
import { Badge } from "@/components/ui/card";
import type { Model } from "@/features/projects/api/projects";
import { count } from "@/lib/format";

const TASKS = ["TASK_CLASSIFICATION", "TASK_DETECTION"] as const;

interface ModelChoiceProps {
  models: Model[];
  chosen: string;
  onChoose: (name: string) => void;
}

/** The models by what they answer, with what each is good at. One that cannot be loaded says why. */
export function ModelChoice({ models, chosen, onChoose }: ModelChoiceProps) {
  const { t, i18n } = useTranslation();
  return (
    <div className="flex flex-col gap-4">
      {TASKS.map((task) => {
        const able = models.filter((each) => each.task === task || (!each.task && task === "TASK_CLASSIFICATION"));
        if (able.length === 0) return null;
        return (
          <fieldset key={task} className="flex flex-col gap-2">
            <legend className="mb-1 font-medium">{t(`projects.tasks.${task}`)}</legend>
            <div className="grid gap-2 sm:grid-cols-2">
              {able.map((model) => (
                <label key={model.name} className="flex cursor-pointer gap-3 rounded-md border border-line p-3 hover:border-edge has-checked:border-accent has-checked:bg-accent-soft has-disabled:cursor-not-allowed has-disabled:opacity-60">
                  <input type="radio" name="model" className="mt-0.5 self-start" disabled={model.state === "STATE_FAILED"} checked={chosen === model.name} onChange={() => { onChoose(model.name ?? ""); }} />
                  <span className="min-w-0">
                    <span className="flex flex-wrap items-center gap-2"><b>{model.displayName}</b>{model.labelCount !== undefined && <Badge>{t("projects.classes", { classes: count(model.labelCount) })}</Badge>}</span>
                    {model.state === "STATE_FAILED" && <span className="block text-danger">{t("projects.modelFailed")} <span className="text-xs break-all">{model.stateMessage}</span></span>}
                    <span className="text-xs text-quiet">{model.descriptions?.[i18n.language] ?? model.descriptions?.["en"]}</span>
                  </span>
                </label>
              ))}
            </div>
          </fieldset>
        );
      })}
    </div>
  );
}
