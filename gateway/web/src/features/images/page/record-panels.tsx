import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { ErrorNotice } from "@/components/ui/notice";
import { useChangeImages } from "@/features/images/api/change";
import { accessQuery, historyQuery } from "@/features/images/api/image-facts";
import type { Image } from "@/features/images/api/search";
import { Panel } from "@/features/images/page/panel";
import { idOf } from "@/lib/api/client";
import { useRights } from "@/lib/api/rights";
import { bytes, time } from "@/lib/format";

interface RecordProps {
  project: string;
  image: Image;
}

export function FilePanel({ image }: { image: Image }) {
  const { t } = useTranslation();
  const rows = [
    [t("images.file"), `${image.format ?? ""}, ${String(image.width ?? 0)} × ${String(image.height ?? 0)}, ${bytes(image.sizeBytes)}`],
    [t("images.captured"), time(image.captureTime)],
    [t("images.uploaded"), time(image.uploadTime)],
    [t("images.features"), image.featureSets?.join(", ") ?? ""],
  ].filter(([, value]) => value);
  return (
    <Panel title={t("images.file")}>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-0.5">
        {rows.map(([name, value]) => <div key={name} className="contents"><dt className="text-quiet">{name}</dt><dd className="break-all">{value}</dd></div>)}
      </dl>
    </Panel>
  );
}

/** Who sees the image beyond the project's own sharing; there for the project's owner only. */
export function AccessPanel({ project, image }: RecordProps) {
  const { t } = useTranslation();
  const change = useChangeImages(project);
  const id = idOf(image.name);
  const { isOwner } = useRights(project);
  const access = useQuery({ ...accessQuery(project, id), enabled: isOwner }).data;
  if (!access) return null;
  const isRestricted = access.mode === "MODE_RESTRICTED";
  return (
    <Panel title={t("images.rights")}>
      <p>{t(isRestricted ? "images.rightsRestricted" : "images.rightsInherited")}</p>
      {(access.readers?.length ?? 0) > 0 && <p className="text-quiet">{t("images.rightsReaders", { readers: access.readers?.join(", ") })}</p>}
      <Button className="self-start" disabled={change.isPending} onClick={() => { change.mutate({ ids: [id], change: { kind: "access", mode: isRestricted ? "MODE_INHERITED" : "MODE_RESTRICTED" } }); }}>
        {t(isRestricted ? "images.inherit" : "images.restrict")}
      </Button>
      <ErrorNotice error={change.error} />
    </Panel>
  );
}

export function HistoryPanel({ project, image }: RecordProps) {
  const { t } = useTranslation();
  const found = useQuery(historyQuery(project, idOf(image.name)));
  const lines = found.data?.lines ?? [];
  return (
    <Panel title={t("images.history")}>
      <ErrorNotice error={found.error} />
      {found.isSuccess && lines.length === 0 && <p className="text-quiet">{t("images.historyNone")}</p>}
      <ol className="flex flex-col gap-1.5">
        {lines.map((line, number) => (
          <li key={number} className="flex flex-col">
            <span className="flex flex-wrap items-baseline gap-x-1.5">
              <span className="text-quiet">{t(`images.facts.${line.fact ?? "FACT_UNSPECIFIED"}`)}</span>
              {line.fact !== "FACT_TAG" && line.fact !== "FACT_LABEL" && <span>{line.subject}</span>}
              {line.oldValue !== undefined && line.oldValue !== null && <del className="text-quiet">{written(line.oldValue)}</del>}
              {line.newValue !== undefined && line.newValue !== null && <ins className="font-medium no-underline">{written(line.newValue)}</ins>}
            </span>
            <span className="text-2xs text-quiet">{time(line.createTime)}</span>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

/** A value of any type in a line. */
function written(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
