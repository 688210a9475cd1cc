import { useId, type InputHTMLAttributes, type Ref } from "react";
import { Input } from "@/components/ui/field";

interface SuggestInputProps extends InputHTMLAttributes<HTMLInputElement> {
  ref?: Ref<HTMLInputElement> | undefined;
  label: string;
  suggestions: readonly string[];
}

/** A line of text that proposes what was used before. */
export function SuggestInput({ label, suggestions, ...rest }: SuggestInputProps) {
  const id = useId();
  return (
    <>
      <Input aria-label={label} placeholder={label} list={id} autoComplete="off" {...rest} />
      <datalist id={id}>{suggestions.map((text) => <option key={text} value={text} />)}</datalist>
    </>
  );
}
