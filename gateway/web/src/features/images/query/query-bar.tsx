import { useQuery } from "@tanstack/react-query";
import { Search, X } from "lucide-react";
import { useId, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/components/ui/button";
import { completionQuery, faultQuery, type Suggestion } from "@/features/images/api/query";
import { FaultMark } from "@/features/images/query/fault-mark";
import { Suggestions } from "@/features/images/query/suggestions";
import { useSettled } from "@/lib/use-settled";

interface QueryBarProps {
  project: string;
  query: string;
  onQuery: (query: string) => void;
}

/** Where one writes what to find: proposes how to go on, and marks what cannot be read while one writes. */
export function QueryBar({ project, query, onQuery }: QueryBarProps) {
  const { t, i18n } = useTranslation();
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(query);
  const [known, setKnown] = useState(query);
  const [cursor, setCursor] = useState(0);
  const [isOpen, setOpen] = useState(false);
  const [chosen, setChosen] = useState(-1);
  const [isComposing, setComposing] = useState(false);
  // The address, a facet or a chip changed the query.
  if (query !== known) {
    setKnown(query);
    setText(query);
  }
  const asked = useSettled(`${String(cursor)} ${text}`, 80);
  const isSettled = asked === `${String(cursor)} ${text}`;
  const completion = useQuery({ ...completionQuery(project, text, cursor, i18n.language), enabled: isOpen && isSettled && !isComposing });
  const suggestions = isOpen ? (completion.data?.suggestions ?? []) : [];
  const settled = useSettled(text, 300);
  const fault = useQuery({ ...faultQuery(project, settled), enabled: settled.trim() !== "" && settled === text && !isComposing }).data;

  const submit = (value: string) => {
    setOpen(false);
    setChosen(-1);
    onQuery(value.trim());
  };
  const write = (value: string, at: number) => {
    setText(value);
    setCursor(Array.from(value.slice(0, at)).length);
    setChosen(-1);
    setOpen(true);
  };
  const accept = ({ text: word = "", start = 0, end = 0, kind }: Suggestion) => {
    const characters = Array.from(text);
    const gap = kind === "KIND_VALUE" && characters.length === end ? " " : "";
    const head = characters.slice(0, start).join("") + word + gap;
    const next = head + characters.slice(end).join("");
    write(next, head.length);
    // After React has put the text in.
    requestAnimationFrame(() => { input.current?.setSelectionRange(head.length, head.length); });
  };
  const press = (event: KeyboardEvent) => {
    // While a Korean syllable is put together Enter ends it, and belongs to the input method; some browsers say so by 229 only.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    if (event.nativeEvent.isComposing || event.nativeEvent.keyCode === 229) return;
    const highlighted = suggestions[chosen];
    const count = suggestions.length;
    if (event.key === "ArrowDown" && !isOpen) setOpen(true);
    else if (event.key === "ArrowDown" && count > 0) setChosen((chosen + 1) % count);
    else if (event.key === "ArrowUp" && count > 0) setChosen((chosen <= 0 ? count : chosen) - 1);
    else if (event.key === "Tab" && highlighted && !event.shiftKey) accept(highlighted);
    else if (event.key === "Enter" && highlighted) accept(highlighted);
    else if (event.key === "Enter") submit(text);
    else if (event.key === "Escape" && isOpen) setOpen(false);
    else return;
    event.preventDefault();
  };

  return (
    <div role="search" className="relative min-w-0 grow">
      <Search className="pointer-events-none absolute top-2.5 left-2.5 size-4 text-quiet" aria-hidden />
      {fault && settled === text && <FaultMark text={text} position={fault.position ?? 0} length={fault.length ?? 0} input={input} />}
      <input
        ref={input}
        type="search"
        aria-label={t("images.query")}
        aria-autocomplete="list"
        aria-controls={suggestions.length > 0 ? id : undefined}
        aria-activedescendant={chosen >= 0 ? `${id}-${String(chosen)}` : undefined}
        aria-invalid={Boolean(fault) || undefined}
        placeholder={t("images.queryHint")}
        spellCheck={false}
        autoComplete="off"
        className="relative h-9 w-full rounded-lg border border-line bg-transparent pr-9 pl-8.5 font-mono text-sm placeholder:text-quiet hover:border-edge focus-visible:border-accent [&::-webkit-search-cancel-button]:hidden"
        value={text}
        onChange={(event) => { write(event.target.value, event.target.selectionStart ?? event.target.value.length); }}
        onSelect={(event) => { setCursor(Array.from(text.slice(0, event.currentTarget.selectionStart ?? text.length)).length); }}
        onClick={() => { setOpen(true); }}
        onBlur={() => { setOpen(false); }}
        onKeyDown={press}
        onCompositionStart={() => { setComposing(true); }}
        onCompositionEnd={() => { setComposing(false); }}
      />
      {text !== "" && <IconButton label={t("images.clearQuery")} icon={X} className="absolute top-0.5 right-0.5" onClick={() => { setText(""); submit(""); }} />}
      {suggestions.length > 0 && <Suggestions id={id} suggestions={suggestions} chosen={chosen} onAccept={accept} />}
    </div>
  );
}
