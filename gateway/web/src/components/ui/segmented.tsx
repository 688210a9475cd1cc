interface SegmentedProps<Value extends string> {
  label: string;
  value: Value;
  options: readonly { value: Value; label: string }[];
  onChange: (value: Value) => void;
}

/** A choice between a few, all of them seen. */
export function Segmented<Value extends string>({ label, value, options, onChange }: SegmentedProps<Value>) {
  return (
    <div role="radiogroup" aria-label={label} className="inline-flex rounded-md border border-line bg-sunken p-0.5">
      {options.map((option) => (
        <label key={option.value} className="cursor-pointer rounded px-2.5 py-0.5 text-sm text-quiet has-checked:bg-surface has-checked:font-medium has-checked:text-ink has-checked:shadow-xs has-focus-visible:outline-2 has-focus-visible:outline-accent">
          <input type="radio" className="sr-only" name={label} checked={option.value === value} onChange={() => { onChange(option.value); }} />
          {option.label}
        </label>
      ))}
    </div>
  );
}
