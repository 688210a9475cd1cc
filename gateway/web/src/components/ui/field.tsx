import { useId, type InputHTMLAttributes, type ReactNode, type Ref, type SelectHTMLAttributes } from "react";

/** How everything looks that people write or choose in. */
export const CONTROL =
  "h-8 min-w-0 rounded-md border border-line bg-surface px-2.5 text-sm transition-colors duration-100 placeholder:text-quiet hover:border-edge focus-visible:border-accent disabled:opacity-50";

/** A line of text without a visible label; give it `aria-label`. */
export function Input({ className = "", ...rest }: InputHTMLAttributes<HTMLInputElement> & { ref?: Ref<HTMLInputElement> | undefined }) {
  return <input className={`${CONTROL} ${className}`} {...rest} />;
}

/** A choice without a visible label; give it `aria-label`. */
export function Select({ className = "", ...rest }: SelectHTMLAttributes<HTMLSelectElement>) {
  return <select className={`${CONTROL} pr-1 ${className}`} {...rest} />;
}

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
      <input id={id} spellCheck={!isCode} className={`${CONTROL} ${isCode ? "font-mono" : ""}`} {...rest} />
      {hint !== undefined && <span className="text-xs text-quiet">{hint}</span>}
    </div>
  );
}
