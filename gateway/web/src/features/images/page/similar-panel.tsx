import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "@/components/ui/button";
import { ErrorNotice, Skeleton } from "@/components/ui/notice";
import type { Image } from "@/features/images/api/search";
import { similarObjectsQuery, similarQuery } from "@/features/images/api/similar";
import { Boxes, type ShownBox } from "@/features/images/components/boxes";
import { Panel } from "@/features/images/page/panel";
import { idOf } from "@/lib/api/client";
import { percent } from "@/lib/format";

interface SimilarRowProps {
  project: string;
  /** Id of the image. */
  image: string;
  onOpen: (image: string) => void;
}

/** The images that look most like one. Searched once somebody asks, then for every image that is opened. */
export function SimilarRow({ project, image, onOpen }: SimilarRowProps) {
  const { t } = useTranslation();
  const [isWanted, setWanted] = useState(false);
  const found = useQuery({ ...similarQuery(project, image), enabled: isWanted });
  if (!isWanted) return <Button className="self-start" onClick={() => { setWanted(true); }}>{t("similar.show")}</Button>;
  if (found.isPending) return <Skeleton className="h-24" />;
  const images = found.data?.similarImages ?? [];
  return (
    <>
      <ErrorNotice error={found.error} />
      {found.isSuccess && images.length === 0 && <p className="text-quiet">{t("similar.none")}</p>}
      <ul className="grid grid-cols-3 gap-1">
        {images.map((each) => (
          <li key={each.image}>
            <button type="button" title={each.fileName} aria-label={t("similar.open", { name: each.fileName, share: percent(each.similarity) })} className="block w-full rounded hover:outline-2 hover:outline-accent" onClick={() => { onOpen(idOf(each.image)); }}>
              <img src={`/v1/${each.image ?? ""}:thumbnail`} alt="" width={256} height={256} loading="lazy" decoding="async" className="aspect-square w-full rounded bg-canvas object-cover" />
              <span className="block text-xs text-quiet tabular-nums">{percent(each.similarity)}</span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

interface SimilarObjectsProps {
  project: string;
  image: Image;
  /** Which of the image's predictions. */
  model: number;
  /** The object's place in the boxes of that prediction. */
  object: number;
  onOpen: (image: string) => void;
  onClose: () => void;
}

/** The objects that look most like one, each in its image. */
export function SimilarObjects({ project, image, model, object, onOpen, onClose }: SimilarObjectsProps) {
  const { t } = useTranslation();
  const prediction = image.predictions?.[model];
  const found = useQuery(similarObjectsQuery(project, idOf(image.name), prediction?.model ?? "", object));
  const objects = found.data?.similarObjects ?? [];
  const label = prediction?.boxes?.boxes?.[object]?.label ?? "";
  return (
    <Panel title={t("similar.objects")}>
      <div className="flex items-center gap-2">
        <span className="min-w-0 grow truncate">{t("similar.like", { name: label })}</span>
        <IconButton label={t("similar.close")} icon={X} onClick={onClose} />
      </div>
      {found.isPending && <Skeleton className="h-24" />}
      <ErrorNotice error={found.error} />
      {found.isSuccess && objects.length === 0 && <p className="text-quiet">{t("similar.noObjects")}</p>}
      <ul aria-label={t("similar.objects")} className="grid grid-cols-3 gap-1">
        {objects.map((each) => (
          <li key={`${each.image ?? ""} ${String(each.object ?? 0)}`}>
            <button type="button" title={each.fileName} aria-label={t("similar.openObject", { label: each.box?.label, name: each.fileName, share: percent(each.similarity) })} className="block w-full rounded hover:outline-2 hover:outline-accent" onClick={() => { onOpen(idOf(each.image)); }}>
              <span className="relative block">
                <img src={`/v1/${each.image ?? ""}:thumbnail`} alt="" width={256} height={256} loading="lazy" decoding="async" className="aspect-square w-full rounded bg-canvas object-contain" />
                <Boxes image={{ width: each.imageWidth ?? 1, height: each.imageHeight ?? 1 }} boxes={boxOf(each.box)} />
              </span>
              <span className="block truncate text-xs text-quiet tabular-nums">{each.box?.label} {percent(each.similarity)}</span>
            </button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function boxOf(box: Partial<ShownBox> | undefined): ShownBox[] {
  if (!box) return [];
  const { x = 0, y = 0, width = 0, height = 0, label = "", confidence = 0 } = box;
  return [{ x, y, width, height, label, confidence }];
}
