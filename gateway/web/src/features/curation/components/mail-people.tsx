import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { useTranslation } from "react-i18next";
import { Field } from "@/components/ui/field";
import { peopleQuery, personQuery } from "@/features/curation/api/people";

const MOST = 20;

interface MailPeopleProps {
  /** `users/{user}`. */
  people: string[];
  onChange: (people: string[]) => void;
}

/** Whom alerts are mailed to: people, found by name. */
export function MailPeople({ people, onChange }: MailPeopleProps) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const wanted = useDeferredValue(text.trim());
  const found = useQuery(peopleQuery(wanted));
  const others = wanted === "" ? [] : (found.data?.users ?? []).filter((each) => !people.includes(each.name ?? ""));
  const choose = (name: string) => {
    setText("");
    onChange([...people, name]);
  };
  return (
    <div className="flex flex-col gap-1">
      <Field
        label={t("drift.mail")}
        type="search"
        hint={t("drift.mailHint")}
        disabled={people.length >= MOST}
        value={text}
        onChange={(event) => { setText(event.target.value); }}
        onKeyDown={(event) => {
          // Enter takes the first one; it must not send the form around.
          if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
          event.preventDefault();
          if (others[0]?.name) choose(others[0].name);
        }}
      />
      {others.length > 0 && (
        <ul className="rounded-md border border-line bg-surface p-1" aria-label={t("drift.mailFound")}>
          {others.map((each) => (
            <li key={each.name}>
              <button type="button" className="flex w-full gap-2 rounded px-2 py-1 text-left hover:bg-sunken" onClick={() => { choose(each.name ?? ""); }}>
                <span className="min-w-0 flex-1 truncate">{each.displayName}</span>
                <span className="truncate text-xs text-quiet">{each.departmentDisplayName}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <ul className="flex flex-wrap gap-1">
        {people.map((each) => <Chosen key={each} name={each} onRemove={() => { onChange(people.filter((other) => other !== each)); }} />)}
      </ul>
    </div>
  );
}

function Chosen({ name, onRemove }: { name: string; onRemove: () => void }) {
  const { t } = useTranslation();
  const person = useQuery(personQuery(name)).data?.displayName ?? name;
  return (
    <li className="flex items-center gap-1 rounded bg-sunken px-1.5 py-0.5 text-sm">
      {person}
      <button type="button" aria-label={t("drift.mailRemove", { person })} onClick={onRemove}><X className="size-3.5" aria-hidden /></button>
    </li>
  );
}
