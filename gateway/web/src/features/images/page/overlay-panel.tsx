import { useTranslation } from "react-i18next";
import { labelBoxes, type ShownBox } from "@/features/images/components/boxes";
import type { Image } from "@/features/images/api/search";
import { overlayOptions } from "@/features/images/page/overlay-options";
import { Panel } from "@/features/images/page/panel";
import { classColour } from "@/lib/class-colour";
import { percent } from "@/lib/format";

/** Which boxes are drawn: predicted and labelled ones, from which confidence on, and of which classes. */
export function OverlayPanel({ image, predicted }: { image: Image; predicted: readonly ShownBox[] }) {
  const { t } = useTranslation();
  const options = overlayOptions.use();
  const all = [...predicted, ...labelBoxes(image)];
  if (all.length === 0) return null;
  const classes = [...new Set(all.map((box) => box.label))].sort();
  const toggle = (label: string) => {
    const hidden = options.hidden.includes(label) ? options.hidden.filter((each) => each !== label) : [...options.hidden, label];
    overlayOptions.set({ ...options, hidden });
  };
  return (
    <Panel title={t("images.overlay")}>
      <div className="flex flex-wrap gap-x-4 gap-y-1">
        {([["predicted", "images.showPredicted"], ["truth", "images.showTruth"]] as const).map(([which, text]) => (
          <label key={which} className="flex items-center gap-2">
            <input type="checkbox" className="accent-accent" checked={options[which]} onChange={(event) => { overlayOptions.set({ ...options, [which]: event.target.checked }); }} />
            {t(text)}
          </label>
        ))}
      </div>
      <label className="flex items-center gap-2">
        <span className="text-quiet">{t("images.minConfidence")}</span>
        <input type="range" className="min-w-0 grow accent-accent" min={0} max={1} step={0.01} value={options.minConfidence} onChange={(event) => { overlayOptions.set({ ...options, minConfidence: Number(event.target.value) }); }} />
        <span className="w-10 text-right tabular-nums">{percent(options.minConfidence)}</span>
      </label>
      <ul aria-label={t("images.classes")} className="flex flex-wrap gap-1">
        {classes.map((label) => (
          <li key={label}>
            <button type="button" aria-pressed={!options.hidden.includes(label)} onClick={() => { toggle(label); }} className="flex h-6 items-center gap-1.5 rounded-md bg-sunken px-2 text-xs aria-[pressed=false]:text-quiet aria-[pressed=false]:line-through">
              <span className="size-2 rounded-full" style={{ background: classColour(label) }} />
              {label}
              <span className="text-quiet tabular-nums">{all.filter((box) => box.label === label).length}</span>
            </button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
