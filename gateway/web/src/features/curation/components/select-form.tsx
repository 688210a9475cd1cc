import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Field } from "@/components/ui/field";
import { useCreateSelection, type Strategy } from "@/features/curation/api/selections";
import { WorkForm } from "@/features/curation/components/work-form";
import { useOperation } from "@/lib/api/use-operation";
import { count as shown } from "@/lib/format";

const STRATEGIES = ["STRATEGY_UNSPECIFIED", "STRATEGY_CLUSTERS", "STRATEGY_COVERAGE", "STRATEGY_UNCERTAINTY"] as const satisfies readonly Strategy[];

interface SelectFormProps {
  project: string;
  query: string;
  onMade: (name: string) => void;
}

export function SelectForm({ project, query, onMade }: SelectFormProps) {
  const { t } = useTranslation();
  const create = useCreateSelection(project);
  const [count, setCount] = useState("50");
  const [strategy, setStrategy] = useState<Strategy>("STRATEGY_UNSPECIFIED");
  const [text, setText] = useState(query);
  const [balanceBy, setBalanceBy] = useState("");
  const [features, setFeatures] = useState("");
  const work = useOperation((operation) => { onMade((operation.response as { name?: string } | undefined)?.name ?? ""); });

  const submit = () => {
    const wanted = { displayName: t("curation.defaultName", { images: shown(Number(count)) }), selector: { query: text.trim() }, count: Number(count), strategy, balanceBy: balanceBy.trim(), featureSource: features.trim() };
    create.mutate(wanted, { onSuccess: work.start });
  };

  return (
    <WorkForm label={t("curation.select")} hint={t("curation.selectHint")} work={work} isAsking={create.isPending} error={create.error} onSubmit={submit}>
      <Field label={t("curation.count")} type="number" min={1} max={100_000} required value={count} onChange={(event) => { setCount(event.target.value); }} />
      <Field label={t("curation.of")} placeholder={t("maps.all")} isCode value={text} onChange={(event) => { setText(event.target.value); }} />
      <label className="flex flex-col gap-1 font-medium">
        {t("curation.strategy")}
        <select className="rounded-md border border-line bg-surface px-2 py-1.5 font-normal" value={strategy} onChange={(event) => { setStrategy(event.target.value as Strategy); }}>
          {STRATEGIES.map((each) => <option key={each} value={each}>{t(`curation.strategies.${each}`)}</option>)}
        </select>
      </label>
      <Field label={t("curation.balanceBy")} placeholder="line" hint={t("curation.balanceHint")} isCode value={balanceBy} onChange={(event) => { setBalanceBy(event.target.value); }} />
      <Field label={t("curation.features")} placeholder={t("curation.featuresDefault")} isCode value={features} onChange={(event) => { setFeatures(event.target.value); }} />
    </WorkForm>
  );
}
