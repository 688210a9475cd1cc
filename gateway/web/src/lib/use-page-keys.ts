import { useEffect, useRef } from "react";

/** Keys that do something on a page, by name as in `KeyboardEvent.key`, letters as on a Latin keyboard; not while somebody writes, nor in a dialog or menu. */
export function usePageKeys(keys: Readonly<Record<string, () => void>>): void {
  const latest = useRef(keys);
  useEffect(() => { latest.current = keys; });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (event.target instanceof HTMLElement && event.target.closest("input, select, textarea, [role=dialog], [role=menu]")) return;
      const act = latest.current[event.key] ?? latest.current[latinLetter(event)];
      if (!act) return;
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", press);
    return () => { document.removeEventListener("keydown", press); };
  }, []);
}

/** What the key writes on a Latin keyboard: where a Korean input method is on, the one of B says "ㅠ" or "Process". */
function latinLetter(event: KeyboardEvent): string {
  if (/^[a-z]$/i.test(event.key)) return "";
  return /^Key([A-Z])$/.exec(event.code)?.[1]?.toLowerCase() ?? "";
}
