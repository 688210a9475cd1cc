import { useId, type InputHTMLAttributes, type ReactNode } from "react";

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  hint?: ReactNode;
  /** For what people write in the query language. */
  isCode?: boolean;
}

export function Field({ label, hint, isCode = false, ...rest }: FieldProps) {
  const id = useId();
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <input id={id} spellCheck={!isCode} className={`rounded-md border border-line bg-surface px-3 py-1.5 text-sm ${isCode ? "font-mono" : ""}`} {...rest} />
      {hint !== undefined && <span className="text-xs text-quiet">{hint}</span>}
    </div>
  );
}
