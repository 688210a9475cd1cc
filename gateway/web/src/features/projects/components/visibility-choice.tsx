import { useTranslation } from "react-i18next";

const KINDS = { VISIBILITY_PRIVATE: "private", VISIBILITY_ORGANISATION: "organisation" } as const;
export type Visibility = keyof typeof KINDS;

/** Who sees a project beside its members. */
export function VisibilityChoice({ value, onChange }: { value: Visibility; onChange: (value: Visibility) => void }) {
  const { t } = useTranslation();
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 font-medium">{t("projects.visibility.title")}</legend>
      {Object.entries(KINDS).map(([kind, word]) => (
        <label key={kind} className="flex cursor-pointer gap-3 rounded-md border border-line p-3 hover:border-edge has-checked:border-accent has-checked:bg-accent-soft">
          <input type="radio" name="visibility" className="mt-0.5 self-start" checked={value === kind} onChange={() => { onChange(kind as Visibility); }} />
          <span><b className="block font-medium">{t(`projects.visibility.${word}`)}</b><span className="text-xs text-quiet">{t(`projects.visibility.${word}Hint`)}</span></span>
        </label>
      ))}
    </fieldset>
  );
}
