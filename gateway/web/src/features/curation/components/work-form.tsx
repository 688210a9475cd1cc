import type { ReactNode, SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { ErrorNotice, Progress } from "@/components/ui/notice";
import type { useOperation } from "@/lib/api/use-operation";

interface WorkFormProps {
  label: string;
  hint: string;
  work: ReturnType<typeof useOperation>;
  isAsking: boolean;
  error: Error | null;
  onSubmit: () => void;
  children: ReactNode;
}

const PHASES = ["queued", "features", "curation", "pixels", "teaching", "images"] as const;

/** A form that starts long work and shows how far it is. */
export function WorkForm({ label, hint, work, isAsking, error, onSubmit, children }: WorkFormProps) {
  const { t } = useTranslation();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    onSubmit();
  };
  const phase = PHASES.find((each) => each === work.phase);
  return (
    <form onSubmit={submit} className="flex flex-col gap-3 rounded-lg border border-line bg-surface p-4 text-sm" aria-label={label}>
      <p className="text-quiet">{hint}</p>
      {children}
      <ErrorNotice error={error ?? work.error} />
      {work.isRunning ? (
        <>
          <Progress value={work.fraction} label={phase ? t(`curation.phases.${phase}`) : t("curation.running")} />
          <Button onClick={work.cancel}>{t("common.cancel")}</Button>
        </>
      ) : (
        <Button type="submit" look="primary" disabled={isAsking}>{label}</Button>
      )}
    </form>
  );
}
