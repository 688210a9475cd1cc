import { useQuery } from "@tanstack/react-query";
import { useState, type SubmitEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { ErrorNotice } from "@/components/ui/notice";
import { useModifyTags, useSetTruth } from "@/features/images/api/change";
import { Boxes } from "@/features/images/components/boxes";
import { imageQuery, type Image } from "@/features/images/api/search";
import { percent, time } from "@/lib/format";

interface ImagePanelProps {
  project: string;
  id: string;
  onClose: () => void;
  /** Goes to the image before (-1) or after (1) in the search. */
  onStep: (step: 1 | -1) => void;
}

export function ImagePanel({ project, id, onClose, onStep }: ImagePanelProps) {
  const { t } = useTranslation();
  const found = useQuery(imageQuery(project, id));
  const image = found.data;
  return (
    <aside className="sticky top-4 flex max-h-[calc(100vh-2rem)] w-96 shrink-0 flex-col gap-4 self-start overflow-y-auto rounded-lg border border-line bg-surface p-4 text-sm" aria-label={image?.fileName ?? t("common.loading")}>
      <div className="flex items-start justify-between gap-2">
        <h2 className="mr-auto font-semibold break-all">{image?.fileName}</h2>
        <Button aria-label={t("images.previous")} title={t("images.previous")} onClick={() => { onStep(-1); }}>←</Button>
        <Button aria-label={t("images.next")} title={t("images.next")} onClick={() => { onStep(1); }}>→</Button>
        <Button onClick={onClose}>{t("images.close")}</Button>
      </div>
      <ErrorNotice error={found.error} />
      {image && (
        <>
          <div className="relative shrink-0">
            <img src={`/v1/${image.name ?? ""}:download`} alt={image.fileName} className="max-h-96 w-full rounded border border-line object-contain" />
            <Boxes image={image} />
          </div>
          <p className="text-quiet">
            {image.format}, {image.width} × {image.height} · {time(image.uploadTime)}
          </p>
          <Predictions image={image} />
          <Truth project={project} id={id} image={image} />
          <Tags project={project} id={id} image={image} />
          <Part title={t("images.metadata")}>
            {Object.keys(image.metadata ?? {}).length === 0 && <p className="text-quiet">{t("images.nothing")}</p>}
            <dl className="grid grid-cols-[auto_1fr] gap-x-4">
              {Object.entries(image.metadata ?? {}).map(([key, value]) => (
                <div key={key} className="contents">
                  <dt className="text-quiet">{key}</dt>
                  <dd className="break-all">{String(value)}</dd>
                </div>
              ))}
            </dl>
          </Part>
          {(image.featureSets?.length ?? 0) > 0 && <Part title={t("images.features")}><p className="break-all">{image.featureSets?.join(", ")}</p></Part>}
          <a className="text-accent underline" href={`/v1/${image.name ?? ""}:download`} download={image.fileName?.split("/").at(-1)}>{t("images.download")}</a>
        </>
      )}
    </aside>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h3 className="mb-1 font-medium">{title}</h3>
      {children}
    </section>
  );
}

function Predictions({ image }: { image: Image }) {
  const { t } = useTranslation();
  return (
    <Part title={t("images.prediction")}>
      {image.state === "STATE_FAILED" && <p className="text-danger">{image.failure?.message}</p>}
      {image.state === "STATE_PENDING" && <p className="text-quiet">{t("images.state.STATE_PENDING")}</p>}
      {image.predictions?.map((prediction) => (
        <div key={`${prediction.model ?? ""}@${prediction.version ?? ""}`}>
          <span className="text-xs text-quiet">{prediction.model}@{prediction.version}</span>
          <ul>
            {prediction.boxes && !prediction.boxes.boxes?.length && <li className="text-quiet">{t("images.nothing")}</li>}
            {(prediction.classScores?.scores ?? prediction.boxes?.boxes)?.map((score, number) => (
              <li key={number} className="flex items-center gap-2">
                <meter className="w-20" max={1} value={score.confidence} aria-label={score.label} />
                <span className="tabular-nums">{percent(score.confidence)}</span>
                <span className="truncate">{score.label}</span>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </Part>
  );
}

function Truth({ project, id, image }: { project: string; id: string; image: Image }) {
  const { t } = useTranslation();
  const setTruth = useSetTruth(project, id);
  const [text, setText] = useState("");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTruth.mutate(text.trim(), { onSuccess: () => { setText(""); } });
  };
  return (
    <Part title={t("images.truth")}>
      <p className={image.labels?.length ? "" : "text-quiet"}>{image.labels?.map((label) => label.displayName).join(", ") || t("images.nothing")}</p>
      <form onSubmit={submit} className="mt-1 flex gap-2">
        <input aria-label={t("images.truth")} required maxLength={200} className="min-w-0 flex-1 rounded-md border border-line bg-surface px-2 py-1" value={text} onChange={(event) => { setText(event.target.value); }} />
        <Button type="submit" disabled={setTruth.isPending}>{t("images.setTruth")}</Button>
      </form>
      <ErrorNotice error={setTruth.error} />
    </Part>
  );
}

function Tags({ project, id, image }: { project: string; id: string; image: Image }) {
  const { t } = useTranslation();
  const modify = useModifyTags(project);
  const [text, setText] = useState("");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    modify.mutate({ ids: [id], add: [text.trim()] }, { onSuccess: () => { setText(""); } });
  };
  return (
    <Part title={t("images.tags")}>
      <ul className="flex flex-wrap gap-1">
        {image.tags?.map((tag) => (
          <li key={tag.tag} className={`flex items-center gap-1 rounded-full border px-2 py-0.5 text-xs ${tag.origin === "TAG_ORIGIN_USER" ? "border-accent" : "border-line text-quiet"}`}>
            {tag.displayName}
            {tag.origin === "TAG_ORIGIN_USER" && (
              <button type="button" aria-label={t("images.remove", { name: tag.displayName })} onClick={() => { modify.mutate({ ids: [id], remove: [tag.displayName ?? ""] }); }}>×</button>
            )}
          </li>
        ))}
      </ul>
      <form onSubmit={submit} className="mt-2 flex gap-2">
        <input aria-label={t("images.tag")} required maxLength={100} className="min-w-0 flex-1 rounded-md border border-line bg-surface px-2 py-1" value={text} onChange={(event) => { setText(event.target.value); }} />
        <Button type="submit" disabled={modify.isPending}>{t("images.addTag")}</Button>
      </form>
      <ErrorNotice error={modify.error} />
    </Part>
  );
}
