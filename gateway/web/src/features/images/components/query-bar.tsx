import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";

export function QueryBar({ query, onQuery }: { query: string; onQuery: (query: string) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState(query);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    onQuery(text.trim());
  };
  return (
    <form role="search" onSubmit={submit} className="flex gap-2">
      <input
        type="search"
        aria-label={t("images.query")}
        placeholder={t("images.queryHint")}
        spellCheck={false}
        className="flex-1 rounded-md border border-line bg-surface px-3 py-2 font-mono text-sm"
        value={text}
        onChange={(event) => { setText(event.target.value); }}
      />
      <Button type="submit" look="primary">{t("images.query")}</Button>
    </form>
  );
}
