import { useTranslation } from "react-i18next";
import { Badge } from "@/components/ui/card";
import type { Image } from "@/features/images/api/search";
import { Panel } from "@/features/images/page/panel";
import { classColour } from "@/lib/class-colour";
import { percent } from "@/lib/format";
import { faultText } from "@/lib/i18n/fault-text";

// More boxes are seen on the picture, not read in a list.
const MOST = 20;

interface PredictionPanelProps {
  image: Image;
  /** Which of the predictions. */
  chosen: number;
  onChoose: (model: number) => void;
  /** The object, of the chosen prediction, whose like are shown. */
  picked: number | undefined;
  onObject: (object: number) => void;
}

/** What each model said; the boxes drawn are those of the chosen one, and each leads to objects like it. */
export function PredictionPanel({ image, chosen, onChoose, picked, onObject }: PredictionPanelProps) {
  const { t } = useTranslation();
  const predictions = image.predictions ?? [];
  return (
    <Panel title={t("images.prediction")}>
      {image.state === "STATE_FAILED" && <p className="text-danger">{faultText(image.failure)}</p>}
      {image.state === "STATE_PENDING" && <p className="text-quiet">{t("images.state.STATE_PENDING")}</p>}
      {predictions.map((prediction, number) => {
        const name = `${prediction.model ?? ""}@${prediction.version ?? ""}`;
        const rows = prediction.classScores?.scores ?? prediction.boxes?.boxes ?? [];
        return (
          <div key={name} className="flex flex-col gap-1">
            <span className="flex items-center gap-2">
              {predictions.length > 1 ? (
                <button type="button" aria-pressed={number === chosen} aria-label={t("images.predictionOf", { model: name })} onClick={() => { onChoose(number); }} className="truncate rounded-md px-1 text-xs text-quiet hover:text-ink aria-pressed:bg-accent-soft aria-pressed:text-ink">{name}</button>
              ) : <span className="truncate text-xs text-quiet">{name}</span>}
              {prediction.boxes && <Badge>{prediction.boxes.boxes?.length ?? 0}</Badge>}
            </span>
            {rows.length === 0 && <p className="text-quiet">{t("images.nothing")}</p>}
            <ul className="flex flex-col gap-0.5">
              {rows.slice(0, MOST).map((score, row) => (
                <li key={row} className="relative flex items-center gap-2 overflow-hidden rounded px-2 py-0.5">
                  <span className="absolute inset-y-0 left-0 rounded opacity-25" style={{ width: percentWidth(score.confidence), background: classColour(score.label ?? "") }} />
                  {prediction.boxes && number === chosen ? (
                    <button type="button" aria-pressed={row === picked} title={t("similar.likeObject")} className="relative min-w-0 flex-1 truncate text-left hover:underline aria-pressed:font-semibold" onClick={() => { onObject(row); }}>{score.label}</button>
                  ) : <span className="relative min-w-0 flex-1 truncate">{score.label}</span>}
                  <span className="relative tabular-nums">{percent(score.confidence)}</span>
                </li>
              ))}
            </ul>
            {rows.length > MOST && <span className="text-xs text-quiet">{t("images.moreValues")}</span>}
          </div>
        );
      })}
    </Panel>
  );
}

function percentWidth(share: number | undefined): string {
  return `${String(100 * (share ?? 0))}%`;
}
