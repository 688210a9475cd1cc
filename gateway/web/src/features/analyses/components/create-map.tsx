import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { ErrorNotice, Progress } from "@/components/ui/notice";
import { useCreateAnalysis } from "@/features/analyses/api/analyses";
import { useOperation } from "@/lib/api/use-operation";

const METHODS = { METHOD_UMAP: "UMAP", METHOD_TSNE: "t-SNE", METHOD_PCA: "PCA" } as const;
type Method = keyof typeof METHODS;

interface CreateMapProps {
  project: string;
  query: string;
  onDrawn: (name: string) => void;
}

export function CreateMap({ project, query, onDrawn }: CreateMapProps) {
  const { t } = useTranslation();
  const create = useCreateAnalysis(project);
  const [method, setMethod] = useState<Method>("METHOD_UMAP");
  const [dimensions, setDimensions] = useState(2);
  const [text, setText] = useState(query);
  const [isShared, setIsShared] = useState(false);
  const work = useOperation((operation) => { onDrawn((operation.response as { name?: string } | undefined)?.name ?? ""); });

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const visibility = isShared ? "VISIBILITY_SHARED" : "VISIBILITY_PRIVATE";
    create.mutate({ method, dimensions, selector: { query: text.trim() }, visibility }, { onSuccess: work.start });
  };

  return (
    <form onSubmit={submit} className="flex flex-col gap-3 rounded-lg border border-line bg-surface p-4 text-sm" aria-label={t("maps.create")}>
      <label className="flex flex-col gap-1 font-medium">
        {t("maps.method")}
        <select className="rounded-md border border-line bg-surface px-2 py-1.5 font-normal" value={method} onChange={(event) => { setMethod(event.target.value as Method); }}>
          {Object.entries(METHODS).map(([value, name]) => <option key={value} value={value}>{name}</option>)}
        </select>
      </label>
      <label className="flex flex-col gap-1 font-medium">
        {t("maps.dimensions")}
        <select className="rounded-md border border-line bg-surface px-2 py-1.5 font-normal" value={dimensions} onChange={(event) => { setDimensions(Number(event.target.value)); }}>
          <option value={2}>2-D</option>
          <option value={3}>3-D</option>
        </select>
      </label>
      <Field label={t("maps.of")} placeholder={t("maps.all")} isCode value={text} onChange={(event) => { setText(event.target.value); }} />
      <label className="flex gap-2">
        <input type="checkbox" checked={isShared} onChange={(event) => { setIsShared(event.target.checked); }} />
        {t("maps.share")}
      </label>
      <ErrorNotice error={create.error ?? work.error} />
      {work.isRunning ? (
        <>
          <Progress value={work.fraction} label={work.phase || t("maps.running")} />
          <Button onClick={work.cancel}>{t("maps.cancel")}</Button>
        </>
      ) : (
        <Button type="submit" look="primary" disabled={create.isPending}>{t("maps.create")}</Button>
      )}
    </form>
  );
}
