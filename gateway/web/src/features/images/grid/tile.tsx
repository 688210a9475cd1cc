import { Check, ImageOff, Loader } from "lucide-react";
import type { TFunction } from "i18next";
import { memo, type MouseEvent } from "react";
import { labelBoxes, predictedBoxes, Boxes } from "@/features/images/components/boxes";
import { topPrediction } from "@/features/images/components/prediction";
import type { Image } from "@/features/images/api/search";
import { classColour } from "@/lib/class-colour";
import { idOf } from "@/lib/api/client";
import { percent } from "@/lib/format";

interface TileProps {
  // Handed down: a hook in each of dozens of tiles that come while one scrolls costs a third of drawing them.
  t: TFunction;
  image: Image;
  index: number;
  // Its place in the list, in CSS pixels: a row that comes or goes moves no other.
  top: number;
  left: number;
  width: number;
  height: number;
  total: number;
  hrefOf: (image: string) => string;
  isSelected: boolean;
  /** Whether the keyboard stands on it. */
  isActive: boolean;
  shows: { captions: boolean; boxes: boolean; tags: boolean };
  onPick: (index: number, event: MouseEvent) => void;
  onOpen: (index: number, event: MouseEvent) => void;
}

export const Tile = memo(function Tile({ t, image, index, top, left, width, height, total, hrefOf, isSelected, isActive, shows, onPick, onOpen }: TileProps) {
  const name = image.fileName ?? "";
  return (
    <li className="group absolute flex flex-col [contain:size_layout_style]" style={{ top, left, width, height }} aria-setsize={total} aria-posinset={index + 1}>
      <a
        href={hrefOf(idOf(image.name))}
        data-index={index}
        tabIndex={isActive ? 0 : -1}
        title={name}
        draggable={false}
        onClick={(event) => { onOpen(index, event); }}
        className={`flex min-h-0 grow flex-col overflow-hidden rounded-md bg-surface select-none ${isSelected ? "ring-2 ring-accent" : "ring-1 ring-line group-hover:ring-edge"}`}
      >
        <Picture image={image} shows={shows} />
        {shows.captions && <Caption t={t} image={image} />}
        {!shows.captions && <span className="sr-only">{topPrediction(image)} {name}</span>}
      </a>
      {/* The keyboard picks with the space bar on the tile; Tab need not stop twice at each. */}
      <button
        type="button"
        role="checkbox"
        tabIndex={-1}
        aria-checked={isSelected}
        aria-label={t("images.select", { name })}
        onClick={(event) => { onPick(index, event); }}
        // Nothing is drawn of it before it is wanted; an opacity of 0 would make every tile a layer of its own.
        className={`absolute top-1.5 left-1.5 grid size-6 place-items-center rounded-md ${isSelected ? "bg-accent text-on-accent shadow-xs" : "group-hover:bg-surface/85 group-hover:ring-1 group-hover:ring-edge focus-visible:bg-surface/85"}`}
      >
        {isSelected && <Check className="size-4" strokeWidth={3} aria-hidden />}
      </button>
    </li>
  );
});

function Picture({ image, shows }: Pick<TileProps, "image" | "shows">) {
  const tags = (image.tags ?? []).filter((tag) => tag.origin === "TAG_ORIGIN_USER");
  return (
    <span className="relative block min-h-0 grow bg-sunken">
      {image.state === "STATE_FAILED" ? (
        <ImageOff className="absolute inset-0 m-auto size-6 text-danger" strokeWidth={1.5} aria-hidden />
      ) : (
        <img ref={endedWithTile} src={`/v1/${image.name ?? ""}:thumbnail`} alt="" decoding="async" draggable={false} className="absolute inset-0 size-full object-contain" />
      )}
      {shows.boxes && <Boxes image={image} boxes={[...predictedBoxes(image), ...labelBoxes(image)]} />}
      {shows.tags && tags.length > 0 && (
        <span className="absolute inset-x-1 bottom-1 flex flex-wrap gap-0.5 overflow-hidden">
          {tags.slice(0, 3).map((tag) => <span key={tag.tag} className="max-w-full truncate rounded bg-black/70 px-1 text-2xs text-white">{tag.displayName}</span>)}
          {tags.length > 3 && <span className="rounded bg-black/70 px-1 text-2xs text-white">+{tags.length - 3}</span>}
        </span>
      )}
    </span>
  );
}

/** A thumbnail that is still on its way when its tile goes is not waited for: those in view come before those flown by. */
function endedWithTile(picture: HTMLImageElement): () => void {
  return () => { if (!picture.complete) picture.removeAttribute("src"); };
}

function Caption({ t, image }: Pick<TileProps, "t" | "image">) {
  const top = image.predictions?.[0];
  const best = top?.classScores?.scores?.[0] ?? top?.boxes?.boxes?.[0];
  const number = top?.boxes?.boxes?.length;
  const truth = image.labels?.find((label) => !label.box)?.displayName;
  return (
    <span className="block h-10 shrink-0 px-2 pt-1">
      <span className="flex items-center gap-1.5 overflow-hidden text-xs whitespace-nowrap">
        {best ? (
          <>
            <span className="size-2 shrink-0 rounded-full" style={{ background: classColour(best.label ?? "") }} />
            <span className="min-w-0 truncate font-medium">{best.label}</span>
            <span className="text-quiet tabular-nums">{percent(best.confidence)}</span>
            {number !== undefined && number > 1 && truth === undefined && <span className="text-quiet tabular-nums">+{number - 1}</span>}
          </>
        ) : image.state === "STATE_PENDING" ? (
          <><Loader className="size-3 text-quiet" aria-hidden /><span className="text-quiet">{t("images.state.STATE_PENDING")}</span></>
        ) : (
          <span className="text-quiet">{image.state === "STATE_FAILED" ? t("images.state.STATE_FAILED") : "–"}</span>
        )}
        {truth !== undefined && truth !== best?.label && <span className="ml-auto max-w-1/2 shrink-0 truncate rounded bg-warn-soft px-1 text-2xs text-warn">{truth}</span>}
      </span>
      <span className="block truncate text-2xs text-quiet">{image.fileName}</span>
    </span>
  );
}
