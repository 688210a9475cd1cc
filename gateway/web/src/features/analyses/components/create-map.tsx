import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { ErrorNotice } from "@/components/ui/notice";
import { Segmented } from "@/components/ui/segmented";
import { useCreateAnalysis } from "@/features/analyses/api/analyses";

const METHODS = [
  { value: "METHOD_UMAP", label: "UMAP" },
  { value: "METHOD_TSNE", label: "t-SNE" },
  { value: "METHOD_PACMAP", label: "PaCMAP" },
  { value: "METHOD_PCA", label: "PCA" },
] as const;
const MAX_NAME = 100;
const DIMENSIONS = [{ value: "2", label: "2-D" }, { value: "3", label: "3-D" }] as const;

interface CreateMapProps {
  project: string;
  query: string;
  onAsked: () => void;
}

/** Asks for a map; it is drawn in the background. */
export function CreateMap({ project, query, onAsked }: CreateMapProps) {
  const { t } = useTranslation();
  const create = useCreateAnalysis(project);
  const [method, setMethod] = useState<(typeof METHODS)[number]["value"]>("METHOD_UMAP");
  const [dimensions, setDimensions] = useState<"2" | "3">("2");
  const [displayName, setDisplayName] = useState("");
  const [text, setText] = useState(query);
  const [isShared, setIsShared] = useState(false);
  const [keptCurrent, setKeptCurrent] = useState(false);

  // Of what and how, in the language of who asks.
  const methodName = METHODS.find((each) => each.value === method)?.label;
  const usualName = t("maps.defaultName", { method: methodName, dimensions, images: text.trim() || t("maps.all") }).slice(0, MAX_NAME);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const visibility = isShared ? "VISIBILITY_SHARED" : "VISIBILITY_PRIVATE";
    create.mutate({ method, dimensions: Number(dimensions), displayName: displayName.trim() || usualName, selector: { query: text.trim() }, visibility, keptCurrent }, { onSuccess: onAsked });
  };

  return (
    <form onSubmit={submit} className="flex flex-col gap-4" aria-label={t("maps.create")}>
      <div className="flex flex-wrap items-center gap-3">
        <Segmented label={t("maps.method")} value={method} options={METHODS} onChange={setMethod} />
        <Segmented label={t("maps.dimensions")} value={dimensions} options={DIMENSIONS} onChange={setDimensions} />
      </div>
      <p className="text-quiet">{t(`maps.methodHints.${method}`)}</p>
      <Field label={t("maps.of")} placeholder={t("maps.all")} isCode value={text} onChange={(event) => { setText(event.target.value); }} />
      <Field label={t("maps.name")} maxLength={MAX_NAME} placeholder={usualName} value={displayName} onChange={(event) => { setDisplayName(event.target.value); }} />
      <label className="flex items-center gap-2">
        <input type="checkbox" checked={isShared} onChange={(event) => { setIsShared(event.target.checked); }} />
        {t("maps.share")}
      </label>
      <label className="flex items-center gap-2">
        <input type="checkbox" checked={keptCurrent} onChange={(event) => { setKeptCurrent(event.target.checked); }} />
        {t("maps.keepCurrent")}
      </label>
      <ErrorNotice error={create.error} />
      <Button type="submit" look="primary" disabled={create.isPending}>{t("maps.create")}</Button>
    </form>
  );
}
