import { Search, X } from "lucide-react";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/components/ui/button";
import { Input } from "@/components/ui/field";
import { count } from "@/lib/format";

interface HighlightProps {
  query: string;
  /** How many points match; undefined while nobody knows. */
  found: number | undefined;
  onQuery: (query: string) => void;
}

/** A query whose images stand out on the map: the search that is open elsewhere, or another one. */
export function Highlight({ query, found, onQuery }: HighlightProps) {
  const { t } = useTranslation();
  const [text, setText] = useState(query);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    onQuery(text.trim());
  };
  return (
    <form role="search" onSubmit={submit} className="ml-auto flex items-center gap-1">
      <Search className="size-4 text-quiet" aria-hidden />
      <Input aria-label={t("maps.highlight")} placeholder={t("maps.highlightHint")} className="w-80 font-mono" value={text} onChange={(event) => { setText(event.target.value); }} />
      {query && <IconButton label={t("maps.clearHighlight")} icon={X} onClick={() => { onQuery(""); }} />}
      {query && found !== undefined && <span role="status" className="text-xs text-quiet tabular-nums">{t("maps.highlighted", { points: count(found) })}</span>}
    </form>
  );
}
