import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Input, Select } from "@/components/ui/field";
import { ORDERS, type Asked } from "@/features/review/api/review";

/** Which images, in which order. */
export function ReviewForm({ asked, onAsk }: { asked: Asked; onAsk: (asked: Asked) => void }) {
  const { t } = useTranslation();
  const [query, setQuery] = useState(asked.query);
  return (
    <form
      className="flex flex-wrap items-center gap-3"
      aria-label={t("tabs.review")}
      onSubmit={(event) => {
        event.preventDefault();
        onAsk({ ...asked, query });
      }}
    >
      <Input aria-label={t("review.of")} placeholder={t("review.of")} className="w-72 font-mono" spellCheck={false} value={query} onChange={(event) => { setQuery(event.target.value); }} />
      <Select aria-label={t("review.order")} value={asked.order} onChange={(event) => { onAsk({ ...asked, query, order: ORDERS.find((each) => each === event.target.value) ?? ORDERS[0] }); }}>
        {ORDERS.map((each) => <option key={each} value={each}>{t(`review.orders.${each}`)}</option>)}
      </Select>
      <label className="flex items-center gap-2">
        <input type="checkbox" className="accent-accent" checked={asked.includeLabelled} onChange={(event) => { onAsk({ ...asked, query, includeLabelled: event.target.checked }); }} />
        {t("review.labelled")}
      </label>
    </form>
  );
}
