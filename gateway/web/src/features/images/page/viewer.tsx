import { Maximize, Minus, Plus } from "lucide-react";
import { useRef, useState, type PointerEvent } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/components/ui/button";
import { ErrorNotice } from "@/components/ui/notice";
import type { Image } from "@/features/images/api/search";
import { Boxes, type ShownBox } from "@/features/images/components/boxes";
import { LevelsPopover } from "@/features/images/page/levels-popover";
import { TileLayer } from "@/features/images/page/tile-layer";
import { useValues } from "@/features/images/page/use-values";
import { useZoom } from "@/features/images/page/use-zoom";
import { classColour } from "@/lib/class-colour";
import { percent } from "@/lib/format";
import { usePageKeys } from "@/lib/use-page-keys";

const STEP = 1.3;
// From here on single pixels are looked at: they are drawn as squares.
const PIXELS_FROM = 3;

/** The picture, large: wheel and pinch zoom, dragging moves, dragging with Shift changes which values are shown. */
export function Viewer({ project, image, boxes, onObject }: { project: string; image: Image; boxes: readonly ShownBox[]; onObject: (object: number) => void }) {
  const { t } = useTranslation();
  const frame = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);
  const [loaded, setLoaded] = useState("");
  const [fault, setFault] = useState<Error>();
  const name = image.name ?? "";
  const width = image.width || 1;
  const height = image.height || 1;
  const { view, frameSize, zoomBy, fit, actual, handlers } = useZoom(frame, width, height, name);
  const values = useValues(project, image);
  usePageKeys({ "0": fit, "1": actual, "+": () => { zoomBy(STEP); }, "=": () => { zoomBy(STEP); }, "-": () => { zoomBy(1 / STEP); }, w: values.next, ...values.keys });
  const shown = percent(Math.round(view.scale * 100) / 100);
  const on = (handle: (event: PointerEvent) => void) => (event: PointerEvent) => { if (!values.dragged(event)) handle(event); };
  const open = (next: boolean) => {
    setOpen(next);
    if (next) values.measure();
  };

  return (
    <div className="relative flex min-h-64 min-w-0 grow flex-col overflow-hidden rounded-lg border border-line bg-sunken">
      <div
        ref={frame}
        className="relative min-h-0 grow cursor-grab touch-none overflow-hidden active:cursor-grabbing"
        onPointerDown={on(handlers.onPointerDown)}
        onPointerMove={on(handlers.onPointerMove)}
        onPointerUp={on(handlers.onPointerUp)}
        onPointerCancel={on(handlers.onPointerCancel)}
      >
        {/* The small picture stands for it until there is something better. */}
        <div className="absolute" style={{ left: view.x, top: view.y, width: width * view.scale, height: height * view.scale, ...(loaded !== name && { background: `center / 100% 100% url(/v1/${name}:thumbnail)` }) }}>
          {values.isPlain
            ? <img key={name} src={`/v1/${name}:download`} alt={image.fileName} draggable={false} onLoad={() => { setLoaded(name); }} className={`size-full text-transparent select-none ${view.scale >= PIXELS_FROM ? "[image-rendering:pixelated]" : ""}`} />
            : <span role="img" aria-label={image.fileName} className="block size-full" />}
        </div>
        {values.tiles && <TileLayer key={name} name={name} pixels={values.tiles} size={[width, height]} window={values.settled} view={view} frame={frameSize} onError={setFault} />}
        <div className="pointer-events-none absolute" style={{ left: view.x, top: view.y, width: width * view.scale, height: height * view.scale }}>
          <Boxes image={image} boxes={boxes} />
          {boxes.slice(0, 60).map(({ label, confidence, object, x, y }, number) => {
            const place = { left: x * view.scale, top: y * view.scale, background: classColour(label) };
            const text = `${label} ${confidence === undefined ? "" : percent(confidence)}`;
            const look = "absolute -translate-y-full rounded-t-sm px-1 text-2xs font-medium whitespace-nowrap text-black";
            if (object === undefined) return <span key={number} className={look} style={place}>{text}</span>;
            return (
              <button key={number} type="button" title={t("similar.likeObject")} className={`${look} pointer-events-auto hover:outline-2 hover:outline-accent`} style={place} onPointerDown={(event) => { event.stopPropagation(); }} onClick={() => { onObject(object); }}>{text}</button>
            );
          })}
        </div>
      </div>
      <div className="pointer-events-none absolute inset-x-2 top-2 flex flex-col items-center gap-2">
        {!values.isPlain && values.isPending && <p role="status" className="rounded-lg bg-raised px-3 py-1.5 text-sm shadow-raised">{t("images.preparing")}</p>}
        {!isOpen && <ErrorNotice error={values.error ?? fault} />}
      </div>
      <div className="absolute bottom-2 left-1/2 flex -translate-x-1/2 items-center gap-0.5 rounded-lg bg-raised p-0.5 shadow-raised">
        <IconButton label={t("images.zoomOut")} shortcut="-" icon={Minus} onClick={() => { zoomBy(1 / STEP); }} />
        <button type="button" className="h-8 w-14 rounded-md text-xs tabular-nums hover:bg-sunken" title={`${t("images.actual")} (1)`} aria-label={`${t("images.actual")}: ${shown}`} onClick={actual}>{shown}</button>
        <IconButton label={t("images.zoomIn")} shortcut="+" icon={Plus} onClick={() => { zoomBy(STEP); }} />
        <IconButton label={t("images.fit")} shortcut="0" icon={Maximize} onClick={fit} />
        <LevelsPopover pixels={values.pixels} error={values.error} window={values.window} isOpen={isOpen} onOpen={open} onWindow={values.setWindow} />
      </div>
    </div>
  );
}
