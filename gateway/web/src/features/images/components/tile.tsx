import { useTranslation } from "react-i18next";
import type { Image } from "@/features/images/api/search";
import { topPrediction } from "@/features/images/components/prediction";

interface TileProps {
  image: Image;
  isSelected: boolean;
  isOpen: boolean;
  onToggle: () => void;
  onOpen: () => void;
}

export function Tile({ image, isSelected, isOpen, onToggle, onOpen }: TileProps) {
  const { t } = useTranslation();
  const said = topPrediction(image);
  const name = image.fileName ?? "";
  return (
    <li className={`relative rounded-md border bg-surface ${isSelected ? "border-accent ring-2 ring-accent" : isOpen ? "border-accent" : "border-line"}`}>
      <button type="button" className="block w-full text-left" onClick={onOpen} aria-current={isOpen || undefined} title={name}>
        <Thumbnail image={image} />
        <span className="block truncate px-2 pt-1 text-xs font-medium">{said ?? t(`images.state.${image.state === "STATE_FAILED" ? "STATE_FAILED" : "STATE_PENDING"}`)}</span>
        <span className="block truncate px-2 pb-1 text-xs text-quiet">{name}</span>
      </button>
      <input type="checkbox" className="absolute top-2 left-2 size-6 accent-accent" checked={isSelected} onChange={onToggle} aria-label={t("images.select", { name })} />
    </li>
  );
}

/** The small picture; the browser asks for it when it comes near the window, once there is one. */
function Thumbnail({ image }: { image: Image }) {
  const look = "aspect-square w-full rounded-t-md object-cover";
  if (image.state === "STATE_FAILED") return <span className={`${look} grid place-items-center bg-canvas text-2xl text-danger`} aria-hidden>⚠</span>;
  return <img src={`/v1/${image.name ?? ""}:thumbnail`} alt="" width={288} height={288} loading="lazy" decoding="async" className={`${look} bg-canvas`} />;
}
