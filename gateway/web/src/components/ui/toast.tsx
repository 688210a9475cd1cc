import { X } from "lucide-react";
import { useEffect, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/components/ui/button";

const SHOWN_MS = 8000;

interface Action {
  label: string;
  run: () => void;
}

interface Toast {
  id: number;
  text: string;
  action?: Action;
}

let toasts: readonly Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function change(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => { listeners.delete(listener); };
}

/** Says shortly what was done, at the foot of the page; `action` is a way back, such as "Undo". */
export function showToast(text: string, action?: Action): void {
  lastId += 1;
  change([...toasts, { id: lastId, text, ...(action && { action }) }].slice(-3));
}

function dismiss(id: number): void {
  change(toasts.filter((toast) => toast.id !== id));
}

/** Shows the toasts; stands once in the app's frame. */
export function Toaster() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <div aria-live="polite" className="pointer-events-none fixed inset-x-0 bottom-4 z-50 flex flex-col items-center gap-2">
      {shown.map((toast) => <ToastLine key={toast.id} toast={toast} />)}
    </div>
  );
}

function ToastLine({ toast }: { toast: Toast }) {
  const { t } = useTranslation();
  useEffect(() => {
    const timer = setTimeout(() => { dismiss(toast.id); }, SHOWN_MS);
    return () => { clearTimeout(timer); };
  }, [toast.id]);
  return (
    <div className="pointer-events-auto flex max-w-[90vw] animate-rise items-center gap-2 rounded-lg bg-raised py-1.5 pr-1.5 pl-4 text-sm shadow-raised">
      <span className="min-w-0 truncate">{toast.text}</span>
      {toast.action && <button type="button" className="h-8 rounded-md px-2 font-semibold text-accent hover:bg-sunken" onClick={() => { toast.action?.run(); dismiss(toast.id); }}>{toast.action.label}</button>}
      <IconButton label={t("images.close")} icon={X} onClick={() => { dismiss(toast.id); }} />
    </div>
  );
}
