import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { pointQuery } from "@/features/analyses/api/analyses";
import { percent } from "@/lib/format";

/** A pointer that only passes asks for nothing. */
const REST_MS = 90;

/** The image of a point, and what is known of it at a glance. */
export function HoverCard({ project, image, value }: { project: string; image: string; value: string }) {
  const { t } = useTranslation();
  const [rested, setRested] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => { setRested(image); }, REST_MS);
    return () => { clearTimeout(timer); };
  }, [image]);
  const isResting = rested === image;
  const { data } = useQuery({ ...pointQuery(project, image), enabled: isResting });
  const best = data?.predictions?.[0]?.classScores?.scores?.[0];
  const boxes = data?.predictions?.[0]?.boxes?.boxes?.length;
  return (
    <div className="animate-rise overflow-hidden rounded-lg bg-raised text-xs shadow-raised">
      <div className="aspect-square w-full bg-sunken">
        {isResting && <img src={`/v1/projects/${project}/images/${image}:thumbnail`} alt="" className="size-full object-contain" />}
      </div>
      <div className="flex flex-col gap-0.5 p-2">
        <span className="h-4 truncate font-medium">{data?.fileName ?? ""}</span>
        <span className="h-4 truncate text-quiet">
          {best && `${best.label ?? ""} ${percent(best.confidence)}`}
          {boxes !== undefined && t("maps.boxes", { boxes })}
        </span>
        {value && <span className="h-4 truncate text-quiet">{value}</span>}
      </div>
    </div>
  );
}
