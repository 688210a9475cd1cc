import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Field } from "@/components/ui/field";
import { useCreateRun, type Kind } from "@/features/curation/api/runs";
import { WorkForm } from "@/features/curation/components/work-form";
import { useOperation } from "@/lib/api/use-operation";

interface RunFormProps {
  project: string;
  kind: Kind;
  query: string;
  onDone: () => void;
}

export function RunForm({ project, kind, query, onDone }: RunFormProps) {
  const { t } = useTranslation();
  const create = useCreateRun(project);
  const [text, setText] = useState(query);
  const [reference, setReference] = useState("");
  const [features, setFeatures] = useState("");
  const work = useOperation(onDone);
  const isOutliers = kind === "KIND_OUTLIERS";

  const submit = () => {
    const usual = isOutliers && reference.trim() ? { reference: { query: reference.trim() } } : {};
    create.mutate({ kind, selector: { query: text.trim() }, featureSource: features.trim(), ...usual }, { onSuccess: work.start });
  };

  return (
    <WorkForm
      label={t(isOutliers ? "curation.findOutliers" : "curation.findDuplicates")}
      hint={t(isOutliers ? "curation.outliersHint" : "curation.duplicatesHint")}
      work={work}
      isAsking={create.isPending}
      error={create.error}
      onSubmit={submit}
    >
      <Field label={t("curation.of")} placeholder={t("maps.all")} isCode value={text} onChange={(event) => { setText(event.target.value); }} />
      {isOutliers && (
        <Field label={t("curation.reference")} placeholder="tag:golden" hint={t("curation.referenceHint")} isCode value={reference} onChange={(event) => { setReference(event.target.value); }} />
      )}
      <Field label={t("curation.features")} placeholder={t("curation.featuresDefault")} isCode value={features} onChange={(event) => { setFeatures(event.target.value); }} />
    </WorkForm>
  );
}
