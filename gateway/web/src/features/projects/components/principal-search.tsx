import { useQuery } from "@tanstack/react-query";
import { Building2, UserRound } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { useTranslation } from "react-i18next";
import { Input } from "@/components/ui/field";
import { departmentsQuery, peopleQuery } from "@/features/projects/api/projects";

interface PrincipalSearchProps {
  label: string;
  isPeopleOnly?: boolean;
  onChoose: (principal: string, name: string) => void;
}

/** Finds people and departments by name; those found are buttons below. */
export function PrincipalSearch({ label, isPeopleOnly = false, onChoose }: PrincipalSearchProps) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const wanted = useDeferredValue(text.trim());
  const people = useQuery({ ...peopleQuery(wanted), enabled: wanted !== "" });
  const departments = useQuery({ ...departmentsQuery, enabled: !isPeopleOnly });
  const fitting = departments.data?.departments?.filter((each) => each.displayName?.toLowerCase().includes(wanted.toLowerCase())) ?? [];
  const found = wanted === "" ? [] : [
    ...(isPeopleOnly ? [] : fitting.slice(0, 5).map((each) => ({ ...each, icon: Building2, about: "" }))),
    ...(people.data?.users ?? []).map((each) => ({ name: each.name, displayName: each.displayName, icon: UserRound, about: each.departmentDisplayName ?? "" })),
  ];
  const choose = (principal: string, name: string) => {
    setText("");
    onChoose(principal, name);
  };
  return (
    <div className="flex flex-col gap-1">
      <Input
        type="search"
        aria-label={label}
        placeholder={label}
        value={text}
        onChange={(event) => { setText(event.target.value); }}
        onKeyDown={(event) => {
          // Enter takes the first one; it must not send the form around.
          if (event.key !== "Enter") return;
          event.preventDefault();
          const [first] = found;
          if (first && !event.nativeEvent.isComposing) choose(first.name ?? "", first.displayName ?? "");
        }}
      />
      {wanted !== "" && (
        <ul className="rounded-md border border-line bg-surface p-1" aria-label={t("projects.members.found")}>
          {found.map((each) => (
            <li key={each.name}>
              <button type="button" className="flex w-full items-center gap-2 rounded px-2 py-1 text-left hover:bg-sunken" onClick={() => { choose(each.name ?? "", each.displayName ?? ""); }}>
                <each.icon className="size-4 shrink-0 text-quiet" aria-hidden />
                <span className="min-w-0 flex-1 truncate">{each.displayName}</span>
                <span className="truncate text-xs text-quiet">{each.about}</span>
              </button>
            </li>
          ))}
          {found.length === 0 && <li className="px-2 py-1 text-quiet">{t(people.isFetching ? "common.loading" : "projects.members.nobody")}</li>}
        </ul>
      )}
    </div>
  );
}
