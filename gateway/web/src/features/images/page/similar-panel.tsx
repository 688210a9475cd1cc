import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { ErrorNotice, Skeleton } from "@/components/ui/notice";
import { similarQuery } from "@/features/images/api/similar";
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
