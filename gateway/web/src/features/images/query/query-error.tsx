import { WandSparkles } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { ErrorNotice } from "@/components/ui/notice";
import { ApiError } from "@/lib/api/errors";
import { faultText } from "@/lib/i18n/fault-text";

interface QueryErrorProps {
  error: Error | null;
  query: string;
  onQuery: (query: string) => void;
}

/** Why a search was refused; a query that cannot be read is shown with the place marked, and a repair where one is known. */
export function QueryError({ error, query, onQuery }: QueryErrorProps) {
  const { t } = useTranslation();
  const said = error instanceof ApiError && error.reason === "QUERY_INVALID" ? error.metadata : {};
  const position = Number(said["position"] ?? 0);
  if (!error || !position) return <ErrorNotice error={error} />;
  // Loupe counts code points, as Array.from does.
  const characters = Array.from(query);
  const before = characters.slice(0, position - 1).join("");
  const rest = characters.slice(position - 1).join("");
  const word = /^[\p{L}\p{N}_.]+|^./u.exec(rest)?.[0] ?? " ";
  const suggestion = said["suggestion"] ?? "";
  return (
    <div role="alert" className="flex flex-col items-start gap-2 rounded-lg bg-danger-soft px-3 py-2 text-sm">
      <p className="text-danger">{faultText(error)}</p>
      <code className="break-all whitespace-pre-wrap">
        {before}
        <mark className="rounded-sm bg-transparent text-danger underline decoration-wavy underline-offset-4" aria-label={t("images.faultHere", { position })}>{word}</mark>
        {rest.slice(word.length)}
      </code>
      {suggestion !== "" && (
        <Button icon={WandSparkles} onClick={() => { onQuery(before + suggestion + rest.slice(word.length)); }}>{t("images.useSuggestion", { suggestion })}</Button>
      )}
    </div>
  );
}
