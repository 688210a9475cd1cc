import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Field } from "@/components/ui/field";
import { selectionsQuery } from "@/features/curation/api/selections";
import { useCreateSplit } from "@/features/curation/api/splits";
import { WorkForm } from "@/features/curation/components/work-form";
import { useOperation } from "@/lib/api/use-operation";

const SHARES = ["train", "val", "test"] as const;

interface SplitFormProps {
  project: string;
  query: string;
  onMade: (name: string) => void;
}

export function SplitForm({ project, query, onMade }: SplitFormProps) {
  const { t } = useTranslation();
  const create = useCreateSplit(project);
  const made = useQuery(selectionsQuery(project)).data?.selections?.filter((each) => each.state === "CURATION_STATE_SUCCEEDED") ?? [];
  const [selection, setSelection] = useState("");
  const [text, setText] = useState(query);
  const [shares, setShares] = useState({ train: "80", val: "10", test: "10" });
  const [stratifyBy, setStratifyBy] = useState("truth");
  const [groupBy, setGroupBy] = useState("");
  const [seed, setSeed] = useState("0");
  const work = useOperation((operation) => { onMade((operation.response as { name?: string } | undefined)?.name ?? ""); });
  const total = SHARES.reduce((sum, part) => sum + Number(shares[part]), 0);

  const submit = () => {
    const images = selection === "" ? { selector: { query: text.trim() } } : { selection };
    create.mutate(
      {
        ...images,
        displayName: t("splits.defaultName", shares),
        trainFraction: Number(shares.train) / 100,
        valFraction: Number(shares.val) / 100,
        testFraction: Number(shares.test) / 100,
        stratifyBy: stratifyBy.trim(),
        groupBy: groupBy.trim(),
        seed,
      },
      { onSuccess: work.start },
    );
  };

  return (
    <WorkForm label={t("splits.create")} hint={t("splits.hint")} work={work} isAsking={create.isPending} error={create.error} onSubmit={submit}>
      {made.length > 0 && (
        <label className="flex flex-col gap-1 font-medium">
          {t("splits.images")}
          <select className="rounded-md border border-line bg-surface px-2 py-1.5 font-normal" value={selection} onChange={(event) => { setSelection(event.target.value); }}>
            <option value="">{t("splits.byQuery")}</option>
            {made.map((each) => <option key={each.name} value={each.name}>{t("splits.picksOf", { name: each.displayName })}</option>)}
          </select>
        </label>
      )}
      {selection === "" && <Field label={t("curation.of")} placeholder={t("maps.all")} isCode value={text} onChange={(event) => { setText(event.target.value); }} />}
      <fieldset className="flex flex-col gap-1">
        <legend className="mb-1 font-medium">{t("splits.shares")}</legend>
        <div className="grid grid-cols-3 gap-2">
          {SHARES.map((part) => (
            <Field key={part} label={t(`splits.parts.${part}`)} type="number" min={0} max={100} step="any" required value={shares[part]} onChange={(event) => { setShares({ ...shares, [part]: event.target.value }); }} />
          ))}
        </div>
        {Math.abs(total - 100) > 1e-6 && <p role="alert" className="text-xs text-danger">{t("splits.notWhole", { total: String(Math.round(100 * total) / 100) })}</p>}
      </fieldset>
      <Field label={t("splits.stratifyBy")} placeholder="truth" hint={t("splits.stratifyHint")} isCode value={stratifyBy} onChange={(event) => { setStratifyBy(event.target.value); }} />
      <Field label={t("splits.groupBy")} placeholder="lot" hint={t("splits.groupHint")} isCode value={groupBy} onChange={(event) => { setGroupBy(event.target.value); }} />
      <Field label={t("splits.seed")} type="number" min={0} step={1} required value={seed} onChange={(event) => { setSeed(event.target.value); }} />
    </WorkForm>
  );
}
