import { Contrast } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "@/components/ui/button";
import { ErrorNotice, Skeleton } from "@/components/ui/notice";
import { Popover } from "@/components/ui/popover";
import type { Pixels, ValueWindow } from "@/lib/api/pixels";
import { domainOf, ordered, step, usualOf, wholeRange, withoutExtremes } from "@/features/images/page/value-window";
import { count, decimal } from "@/lib/format";

interface LevelsProps {
  /** Undefined until the image is measured. */
  pixels: Pixels | undefined;
  error: Error | null;
  window: ValueWindow | undefined;
  isOpen: boolean;
  onOpen: (isOpen: boolean) => void;
  onWindow: (window: ValueWindow | undefined) => void;
}

/** Which of an image's values are shown, over the histogram of all of them. */
export function LevelsPopover({ pixels, error, window, isOpen, onOpen, onWindow }: LevelsProps) {
  const { t } = useTranslation();
  const trigger = <IconButton label={t("images.levels")} shortcut="W" icon={Contrast} aria-pressed={window !== undefined} />;
  return (
    <Popover label={t("images.levels")} align="center" className="w-80 p-3" isOpen={isOpen} onOpen={onOpen} trigger={trigger}>
      <ErrorNotice error={error} />
      {!pixels && !error && <Skeleton className="h-56" />}
      {pixels && <Levels pixels={pixels} window={window} onWindow={onWindow} />}
    </Popover>
  );
}

function Levels({ pixels, window, onWindow }: { pixels: Pixels; window: ValueWindow | undefined; onWindow: (window: ValueWindow | undefined) => void }) {
  const { t } = useTranslation();
  const domain = domainOf(pixels);
  const shown = window ?? usualOf(pixels);
  const written = (value: number) => ((pixels.bits ?? 0) > 16 ? decimal(value, 3) : count(value));
  const set = (end: "low" | "high", value: number) => {
    const next = { ...shown, [end]: value };
    onWindow(end === "low" ? { ...next, low: Math.min(value, shown.high - step(pixels)) } : ordered(next, pixels));
  };
  return (
    <div className="flex flex-col gap-2">
      <Histogram pixels={pixels} window={shown} />
      {(["low", "high"] as const).map((end) => (
        <label key={end} className="flex flex-col gap-1">
          <span className="flex justify-between">{t(`images.window.${end}`)}<span className="text-quiet tabular-nums">{written(shown[end])}</span></span>
          <input
            type="range"
            className="accent-accent"
            min={domain.low}
            max={domain.high}
            step={step(pixels)}
            value={Math.min(Math.max(shown[end], domain.low), domain.high)}
            onChange={(event) => { set(end, Number(event.target.value)); }}
          />
        </label>
      ))}
      <div className="flex flex-wrap gap-1.5">
        <Button onClick={() => { onWindow(withoutExtremes(pixels)); }}>{t("images.window.auto")}</Button>
        <Button onClick={() => { onWindow(wholeRange(pixels)); }}>{t("images.window.full")}</Button>
        <Button disabled={window === undefined} onClick={() => { onWindow(undefined); }}>{t("images.reset")}</Button>
      </div>
      <p className="text-xs text-quiet">{t("images.window.hint", { bits: pixels.bits, low: written(pixels.minimum ?? 0), high: written(pixels.maximum ?? 0) })}</p>
    </div>
  );
}

const HEIGHT = 72;

/** How many pixels have which value; what is not shown is dim. Tall bars are cut by taking the root, so that small ones are seen. */
function Histogram({ pixels, window }: { pixels: Pixels; window: ValueWindow }) {
  const { t } = useTranslation();
  const domain = domainOf(pixels);
  const bars = (pixels.histogram ?? []).map(Number);
  const most = Math.sqrt(Math.max(1, ...bars));
  const span = domain.high - domain.low;
  const from = ((pixels.minimum ?? 0) - domain.low) / span;
  const width = ((pixels.maximum ?? 0) - (pixels.minimum ?? 0) + step(pixels)) / span / Math.max(1, bars.length);
  const place = (value: number) => Math.min(100, Math.max(0, ((value - domain.low) / span) * 100));
  return (
    <svg viewBox={`0 0 100 ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={t("images.window.histogram")} className="h-18 w-full overflow-hidden rounded-md bg-sunken">
      {bars.map((bar, number) => {
        const height = (Math.sqrt(bar) / most) * HEIGHT;
        return <rect key={number} className="fill-quiet" x={(from + number * width) * 100} y={HEIGHT - height} width={width * 100} height={height} />;
      })}
      <rect className="fill-sunken/75" x={0} y={0} width={place(window.low)} height={HEIGHT} />
      <rect className="fill-sunken/75" x={place(window.high)} y={0} width={100 - place(window.high)} height={HEIGHT} />
      {[window.low, window.high].map((value, number) => (
        <line key={number} className="stroke-accent [stroke-width:2]" vectorEffect="non-scaling-stroke" x1={place(value)} x2={place(value)} y1={0} y2={HEIGHT} />
      ))}
    </svg>
  );
}
