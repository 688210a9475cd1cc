import { X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { joinParts, parts } from "@/features/images/query/query-text";

interface TermChipsProps {
  query: string;
  /** Terms that are switched off but kept. */
  off: readonly string[];
  onChange: (query: string, off: readonly string[]) => void;
}

/** The terms of a search: a click switches one off or on again, the cross takes it away. */
export function TermChips({ query, off, onChange }: TermChipsProps) {
  const { t } = useTranslation();
  const on = parts(query);
  if (on.length === 0 && off.length === 0) return null;
  const without = (all: readonly string[], index: number) => all.filter((_, number) => number !== index);
  return (
    <ul aria-label={t("images.terms")} className="flex flex-wrap gap-1.5">
      {on.map((term, index) => (
        <Chip
          key={`${term} ${String(index)}`}
          term={term}
          isOn
          onToggle={() => { onChange(joinParts(without(on, index)), [...off, term]); }}
          onRemove={() => { onChange(joinParts(without(on, index)), off); }}
        />
      ))}
      {off.map((term, index) => (
        <Chip
          key={`off ${term} ${String(index)}`}
          term={term}
          isOn={false}
          onToggle={() => { onChange(joinParts([...on, term]), without(off, index)); }}
          onRemove={() => { onChange(query, without(off, index)); }}
        />
      ))}
    </ul>
  );
}

function Chip({ term, isOn, onToggle, onRemove }: { term: string; isOn: boolean; onToggle: () => void; onRemove: () => void }) {
  const { t } = useTranslation();
  return (
    <li className={`flex h-6 max-w-full items-center rounded-md text-xs ${isOn ? "bg-accent-soft" : "bg-sunken text-quiet line-through decoration-1"}`}>
      <button type="button" aria-pressed={isOn} aria-label={t(isOn ? "images.switchOff" : "images.switchOn", { term })} title={term} onClick={onToggle} className="min-w-0 truncate rounded-md py-1 pl-2 font-mono">{/^(-|NOT\s+|제외\s+)?(set|묶음):/i.test(term) ? t("images.pickedOnMap") : term}</button>
      <button type="button" aria-label={t("images.removeTerm", { term })} onClick={onRemove} className="rounded-md p-1.5 text-quiet hover:text-ink"><X className="size-3" aria-hidden /></button>
    </li>
  );
}
