import { Contrast, Maximize, Minus, Plus, RotateCcw } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "@/components/ui/button";
import { Popover } from "@/components/ui/popover";
import type { Image } from "@/features/images/api/search";
import { Boxes, type ShownBox } from "@/features/images/components/boxes";
import { classColour } from "@/lib/class-colour";
import { percent } from "@/lib/format";
import { usePageKeys } from "@/lib/use-page-keys";
import { useZoom } from "@/features/images/page/use-zoom";

const STEP = 1.3;
// From here on single pixels are looked at: they are drawn as squares.
const PIXELS_FROM = 3;
const PLAIN = { brightness: 1, contrast: 1 };

/** The picture, large: wheel and pinch zoom, dragging moves. */
export function Viewer({ image, boxes }: { image: Image; boxes: readonly ShownBox[] }) {
  const { t } = useTranslation();
  const frame = useRef<HTMLDivElement>(null);
  const [levels, setLevels] = useState(PLAIN);
  const [isOpen, setOpen] = useState(false);
  const [unreadable, setUnreadable] = useState("");
  const [loaded, setLoaded] = useState("");
  const name = image.name ?? "";
  const width = image.width || 1;
  const height = image.height || 1;
  const { view, zoomBy, fit, actual, handlers } = useZoom(frame, width, height, name);
  usePageKeys({ "0": fit, "1": actual, "+": () => { zoomBy(STEP); }, "=": () => { zoomBy(STEP); }, "-": () => { zoomBy(1 / STEP); } });
  const shown = percent(Math.round(view.scale * 100) / 100);
  const isPlain = levels.brightness === 1 && levels.contrast === 1;

  return (
    <div className="relative flex min-h-64 min-w-0 grow flex-col overflow-hidden rounded-lg border border-line bg-sunken">
      <div ref={frame} className="relative min-h-0 grow cursor-grab touch-none overflow-hidden active:cursor-grabbing" {...handlers}>
        <div className="absolute" style={{ left: view.x, top: view.y, width: width * view.scale, height: height * view.scale, ...(loaded !== name && { background: `center / 100% 100% url(/v1/${name}:thumbnail)` }) }}>
          <img
            key={name}
            src={`/v1/${name}:${unreadable === name ? "thumbnail" : "download"}`}
            alt={image.fileName}
            draggable={false}
            // Until then the small picture stands for it.
            onLoad={() => { setLoaded(name); }}
            // A format that browsers do not know, such as TIFF: the small picture is better than none.
            onError={() => { setUnreadable(name); }}
            className={`size-full select-none ${view.scale >= PIXELS_FROM ? "[image-rendering:pixelated]" : ""}`}
            style={isPlain ? undefined : { filter: `brightness(${levels.brightness}) contrast(${levels.contrast})` }}
          />
          <Boxes image={image} boxes={boxes} />
          {boxes.slice(0, 60).map(({ label, confidence, x, y }, number) => (
            <span key={number} className="pointer-events-none absolute -translate-y-full rounded-t-sm px-1 text-2xs font-medium whitespace-nowrap text-black" style={{ left: x * view.scale, top: y * view.scale, background: classColour(label) }}>
              {label} {confidence === undefined ? "" : percent(confidence)}
            </span>
          ))}
        </div>
      </div>
      <div className="absolute bottom-2 left-1/2 flex -translate-x-1/2 items-center gap-0.5 rounded-lg bg-raised p-0.5 shadow-raised">
        <IconButton label={t("images.zoomOut")} shortcut="-" icon={Minus} onClick={() => { zoomBy(1 / STEP); }} />
        <button type="button" className="h-8 w-14 rounded-md text-xs tabular-nums hover:bg-sunken" title={`${t("images.actual")} (1)`} aria-label={`${t("images.actual")}: ${shown}`} onClick={actual}>{shown}</button>
        <IconButton label={t("images.zoomIn")} shortcut="+" icon={Plus} onClick={() => { zoomBy(STEP); }} />
        <IconButton label={t("images.fit")} shortcut="0" icon={Maximize} onClick={fit} />
        <Popover label={t("images.levels")} align="center" className="w-60 p-3" isOpen={isOpen} onOpen={setOpen} trigger={<IconButton label={t("images.levels")} icon={Contrast} aria-pressed={!isPlain} />}>
          <div className="flex flex-col gap-2">
            {(["brightness", "contrast"] as const).map((which) => (
              <label key={which} className="flex flex-col gap-1">
                <span className="flex justify-between">{t(`images.${which}`)}<span className="text-quiet tabular-nums">{percent(levels[which])}</span></span>
                <input type="range" className="accent-accent" min={0.2} max={4} step={0.05} value={levels[which]} onChange={(event) => { setLevels({ ...levels, [which]: Number(event.target.value) }); }} />
              </label>
            ))}
            <Button icon={RotateCcw} disabled={isPlain} onClick={() => { setLevels(PLAIN); }}>{t("images.reset")}</Button>
          </div>
        </Popover>
      </div>
    </div>
  );
}
