import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Field, Select } from "@/components/ui/field";
import type { Asked } from "@/features/quality/api/evaluation";
import { percent } from "@/lib/format";

const FIELDS = ["line", "station", "camera", "lot", "recipe", "product", "model", "day", "week", "month"] as const;

/** What is measured, and how; what is typed counts when it is sent, the rest at once. */
export function MeasureForm({ asked, onAsk }: { asked: Asked; onAsk: (asked: Asked) => void }) {
  const { t } = useTranslation();
  const [query, setQuery] = useState(asked.query);
  const [model, setModel] = useState(asked.model);
  const groupId = useId();
  return (
    <Card className="p-4">
      <form
        className="flex flex-col gap-4"
        aria-label={t("quality.measure")}
        onSubmit={(event) => {
          event.preventDefault();
          onAsk({ ...asked, query, model });
        }}
      >
        <Field label={t("quality.of")} isCode value={query} onChange={(event) => { setQuery(event.target.value); }} />
        <Field label={t("quality.model")} hint={t("quality.modelHint")} isCode value={model} onChange={(event) => { setModel(event.target.value); }} />
        <div className="flex flex-col gap-1">
          <label htmlFor={groupId} className="text-sm font-medium">{t("quality.groupBy")}</label>
          <Select id={groupId} value={asked.groupBy} onChange={(event) => { onAsk({ ...asked, query, model, groupBy: event.target.value }); }}>
            <option value="">{t("quality.fields.none")}</option>
            {FIELDS.map((each) => <option key={each} value={each}>{t(`quality.fields.${each}`)}</option>)}
          </Select>
        </div>
        <Share label={t("quality.iou")} min={0.1} value={asked.minIou} onChange={(minIou) => { onAsk({ ...asked, query, model, minIou }); }} />
        <Share label={t("quality.confidence")} min={0} value={asked.minConfidence} onChange={(minConfidence) => { onAsk({ ...asked, query, model, minConfidence }); }} />
        <Button type="submit" look="primary">{t("quality.measure")}</Button>
      </form>
    </Card>
  );
}

interface ShareProps {
  label: string;
  min: number;
  value: number;
  onChange: (value: number) => void;
}

/** A slider from `min` to 1; it counts when it is let go. */
function Share({ label, min, value, onChange }: ShareProps) {
  const [moved, setMoved] = useState(value);
  const settle = () => { if (moved !== value) onChange(moved); };
  return (
    <label className="flex flex-col gap-1">
      <span className="flex justify-between text-sm font-medium">{label}<span className="text-quiet tabular-nums">{percent(moved)}</span></span>
      <input type="range" className="accent-accent" min={min} max={1} step={0.05} value={moved} onChange={(event) => { setMoved(Number(event.target.value)); }} onPointerUp={settle} onKeyUp={settle} onBlur={settle} />
    </label>
  );
}
