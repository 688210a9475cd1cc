import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Suggestion } from "@/features/images/api/query";
import { count } from "@/lib/format";

interface SuggestionsProps {
  id: string;
  suggestions: readonly Suggestion[];
  /** Index of the one that the keyboard stands on; -1 for none. */
  chosen: number;
  onAccept: (suggestion: Suggestion) => void;
}

export function Suggestions({ id, suggestions, chosen, onAccept }: SuggestionsProps) {
  const { t } = useTranslation();
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => { list.current?.children[chosen]?.scrollIntoView({ block: "nearest" }); }, [chosen]);
  return (
    <div ref={list} id={id} role="listbox" aria-label={t("images.suggestions")} className="absolute inset-x-0 top-full z-30 mt-1 max-h-80 max-w-xl animate-rise overflow-y-auto rounded-lg bg-raised p-1 shadow-raised">
      {suggestions.map((suggestion, number) => (
        // The keyboard reaches these from the input, which keeps the focus.
        // eslint-disable-next-line jsx-a11y/click-events-have-key-events
        <div
          key={`${suggestion.text ?? ""} ${String(number)}`}
          id={`${id}-${String(number)}`}
          role="option"
          aria-selected={number === chosen}
          tabIndex={-1}
          className="flex h-8 items-center gap-3 rounded-md px-2 text-sm hover:bg-sunken aria-selected:bg-accent-soft"
          onMouseDown={(event) => { event.preventDefault(); }}
          onClick={() => { onAccept(suggestion); }}
        >
          <span className="min-w-0 flex-1 truncate font-mono">{suggestion.text}</span>
          {suggestion.counted && <span className="text-xs text-quiet tabular-nums">{count(suggestion.count)}</span>}
          <span className="w-14 text-right text-2xs text-quiet">{t(`images.kinds.${suggestion.kind ?? "KIND_UNSPECIFIED"}`)}</span>
        </div>
      ))}
    </div>
  );
}
