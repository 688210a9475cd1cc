import { useQueries } from "@tanstack/react-query";
import { Building2, UserRound, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/components/ui/button";
import { Select } from "@/components/ui/field";
import { principalQuery, type Member } from "@/features/projects/api/projects";
import { PrincipalSearch } from "@/features/projects/components/principal-search";

const ROLES = { PROJECT_ROLE_VIEWER: "viewer", PROJECT_ROLE_EDITOR: "editor" } as const;
type Role = keyof typeof ROLES;

interface MembersProps {
  members: Member[];
  onChange: (members: Member[]) => void;
}

/** People and departments that a project is shared with, and what each may do. */
export function Members({ members, onChange }: MembersProps) {
  const { t } = useTranslation();
  const names = useQueries({ queries: members.map((each) => principalQuery(each.principal ?? "")) });
  const without = (principal: string | undefined) => members.filter((each) => each.principal !== principal);
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 font-medium">{t("projects.members.title")}</legend>
      <PrincipalSearch
        label={t("projects.members.add")}
        onChoose={(principal) => { onChange([...without(principal), { principal, role: "PROJECT_ROLE_VIEWER" }]); }}
      />
      <ul className="flex flex-col divide-y divide-line" aria-label={t("projects.members.title")}>
        {members.map((member, index) => {
          const name = names[index]?.data ?? "…";
          const Icon = member.principal?.startsWith("departments/") ? Building2 : UserRound;
          return (
            <li key={member.principal} className="flex items-center gap-2 py-1.5">
              <Icon className="size-4 shrink-0 text-quiet" aria-hidden />
              <span className="min-w-0 flex-1 truncate">{name}</span>
              <Select aria-label={t("projects.members.roleOf", { name })} value={member.role} onChange={(event) => { onChange(members.map((each) => (each === member ? { ...each, role: event.target.value as Role } : each))); }}>
                {Object.entries(ROLES).map(([role, word]) => <option key={role} value={role}>{t(`projects.roles.${word}`)}</option>)}
              </Select>
              <IconButton label={t("projects.members.remove", { name })} icon={X} onClick={() => { onChange(without(member.principal)); }} />
            </li>
          );
        })}
      </ul>
      {members.length === 0 && <p className="text-xs text-quiet">{t("projects.members.none")}</p>}
    </fieldset>
  );
}
