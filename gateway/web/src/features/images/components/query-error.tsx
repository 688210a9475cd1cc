import { useTranslation } from "react-i18next";
import { ErrorNotice } from "@/components/ui/notice";
import { ApiError } from "@/lib/api/errors";

/** Why a search was refused; a query that cannot be read is shown with the place marked. */
export function QueryError({ error, query }: { error: Error | null; query: string }) {
  const { t } = useTranslation();
  const position = error instanceof ApiError && error.reason === "QUERY_INVALID" ? Number(error.metadata["position"]) : 0;
  if (!error || !position) return <ErrorNotice error={error} />;
  // Loupe counts code points, as Array.from does.
  const characters = Array.from(query);
  const rest = characters.slice(position - 1).join("");
  const word = /^[\p{L}\p{N}_.]+|^./u.exec(rest)?.[0] ?? " ";
  return (
    <div role="alert" className="flex flex-col gap-2 rounded-md border border-danger bg-surface px-3 py-2 text-sm">
      <p className="text-danger">{error.message}</p>
      <code className="break-all whitespace-pre-wrap">
        {characters.slice(0, position - 1).join("")}
        <mark className="rounded-sm bg-danger/20 text-danger underline decoration-wavy underline-offset-4" aria-label={t("images.faultHere", { position })}>{word}</mark>
        {rest.slice(word.length)}
      </code>
    </div>
  );
}
