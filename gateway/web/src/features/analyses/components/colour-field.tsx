import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Input, Select } from "@/components/ui/field";
import { Segmented } from "@/components/ui/segmented";

const GROUPS = {
  judged: ["label", "truth", "agreement", "conf", "outlier", "is", "tag"],
  where: ["line", "station", "camera", "lot", "recipe", "verdict", "product", "batch", "by", "model", "placed"],
  file: ["brightness", "contrast", "sharpness", "format", "width", "height", "size"],
} as const;
const FIELDS = Object.values(GROUPS).flat();
type Field = (typeof FIELDS)[number];
const QUICK = ["label", "truth", "agreement"] as const;
const OTHER = "meta.";

function isField(name: string): name is Field {
  return (FIELDS as readonly string[]).includes(name);
}

/** What colours the points. Prediction, ground truth and whether they agree are one press away. */
export function ColourField({ field, onField }: { field: string; onField: (field: string) => void }) {
  const { t } = useTranslation();
  const [isOther, setIsOther] = useState(!isField(field));
  const [key, setKey] = useState("");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    onField(`${OTHER}${key.trim()}`);
  };
  return (
    <div className="flex flex-col gap-2">
      <Segmented
        label={t("maps.judged")}
        value={field}
        options={QUICK.map((each) => ({ value: each, label: t(`maps.fields.${each}`) }))}
        onChange={(next) => { setIsOther(false); onField(next); }}
      />
      <label className="flex items-center gap-2">
        <span className="shrink-0 text-quiet">{t("maps.colour")}</span>
        <Select className="flex-1" value={isOther ? OTHER : field} onChange={(event) => { setIsOther(event.target.value === OTHER); if (event.target.value !== OTHER) onField(event.target.value); }}>
          {Object.entries(GROUPS).map(([group, names]) => (
            <optgroup key={group} label={t(`maps.groups.${group as keyof typeof GROUPS}`)}>
              {names.map((each) => <option key={each} value={each}>{t(`maps.fields.${each}`)}</option>)}
            </optgroup>
          ))}
          <option value={OTHER}>{field.startsWith(OTHER) ? field : t("maps.otherKey")}</option>
        </Select>
      </label>
      {isOther && (
        <form className="flex gap-1" onSubmit={submit}>
          <Input aria-label={t("maps.key")} placeholder="temp" required className="flex-1 font-mono" value={key} onChange={(event) => { setKey(event.target.value); }} />
          <Button type="submit">{t("maps.use")}</Button>
        </form>
      )}
    </div>
  );
}
