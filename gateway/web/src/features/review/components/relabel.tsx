import { useId, useState, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Kbd } from "@/components/ui/card";
import { Input } from "@/components/ui/field";

interface RelabelProps {
  /** The classes of the number keys. */
  classes: readonly string[];
  input: RefObject<HTMLInputElement | null>;
  onRelabel: (label: string) => void;
  /** Somebody changed his mind while writing. */
  onLeave: () => void;
}

/** What the image shows instead: a class by its number, or by its name. */
export function Relabel({ classes, input, onRelabel, onLeave }: RelabelProps) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const id = useId();
  return (
    <div className="flex flex-col gap-2">
      <h2 id={id} className="text-xs text-quiet">{t("review.relabel")}</h2>
      <ul aria-labelledby={id} className="flex flex-wrap gap-1.5">
        {classes.map((name, number) => (
          <li key={name}><Button onClick={() => { onRelabel(name); }}><Kbd>{number + 1}</Kbd> {name}</Button></li>
        ))}
      </ul>
      <Input
        ref={input}
        aria-label={t("review.newClass")}
        placeholder={t("review.newClassHint")}
        list={`${id}-classes`}
        maxLength={200}
        value={text}
        onChange={(event) => { setText(event.target.value); }}
        onKeyDown={(event) => {
          // Enter that ends a syllable of Korean is not yet a word.
          if (event.nativeEvent.isComposing) return;
          if (event.key === "Escape") {
            setText("");
            onLeave();
          }
          const label = text.trim();
          if (event.key === "Enter" && label) {
            event.preventDefault();
            setText("");
            onRelabel(label);
          }
        }}
      />
      <datalist id={`${id}-classes`}>{classes.map((name) => <option key={name} value={name} />)}</datalist>
    </div>
  );
}
