import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Badge } from "@/components/ui/card";
import { Dialog } from "@/components/ui/dialog";
import { Input, Select } from "@/components/ui/field";
import { MoreBelow } from "@/components/ui/more-below";
import { Empty, ErrorNotice } from "@/components/ui/notice";
import { departmentsQuery, useSetEnabled, useUpdateUser, usersQuery, type Role, type User, type UserFilter } from "@/features/admin/api/users";
import { Table } from "@/features/admin/components/table";
import { time } from "@/lib/format";

const ROLES = ["ROLE_MEMBER", "ROLE_SUPERVISOR", "ROLE_ADMINISTRATOR"] as const;
const STATES = ["STATE_ACTIVE", "STATE_DISABLED"] as const;

/** Everybody with an account: who is what, and who may not sign in. */
export function UsersPage() {
  const { t } = useTranslation();
  const [filter, setFilter] = useState<UserFilter>({ displayNameContains: "", emailContains: "", role: "", state: "" });
  const found = useInfiniteQuery(usersQuery(useDeferredValue(filter)));
  const departments = useQuery(departmentsQuery).data?.departments ?? [];
  const update = useUpdateUser();
  const setEnabled = useSetEnabled();
  const [asked, setAsked] = useState<User | null>(null);
  const users = found.data?.pages.flatMap((page) => page.users ?? []) ?? [];
  const disable = () => {
    setEnabled.mutate({ name: asked?.name ?? "", isEnabled: false });
    setAsked(null);
  };

  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap gap-2">
        <Input type="search" aria-label={t("admin.search")} placeholder={t("admin.search")} className="w-52" value={filter.displayNameContains} onChange={(event) => { setFilter({ ...filter, displayNameContains: event.target.value }); }} />
        <Input type="search" aria-label={t("admin.searchEmail")} placeholder={t("admin.searchEmail")} className="w-52" value={filter.emailContains} onChange={(event) => { setFilter({ ...filter, emailContains: event.target.value }); }} />
        <Select aria-label={t("admin.role")} value={filter.role} onChange={(event) => { setFilter({ ...filter, role: event.target.value as UserFilter["role"] }); }}>
          <option value="">{t("admin.allRoles")}</option>
          {ROLES.map((role) => <option key={role} value={role}>{t(`admin.roles.${role}`)}</option>)}
        </Select>
        <Select aria-label={t("admin.state")} value={filter.state} onChange={(event) => { setFilter({ ...filter, state: event.target.value as UserFilter["state"] }); }}>
          <option value="">{t("admin.allStates")}</option>
          {STATES.map((state) => <option key={state} value={state}>{t(`admin.states.${state}`)}</option>)}
        </Select>
      </div>
      <ErrorNotice error={found.error ?? update.error ?? setEnabled.error} />
      {found.isSuccess && users.length === 0 ? <Empty title={t("admin.nobody")} /> : (
        <Table label={t("admin.parts.users")} heads={[t("admin.person"), t("admin.email"), t("admin.department"), t("admin.role"), t("admin.state"), t("admin.since"), ""]}>
          {users.map((user) => (
            <tr key={user.name}>
              <td className="px-3 py-1.5">{user.displayName}<span className="block text-xs text-quiet">{[user.duty, user.location].filter(Boolean).join(" · ")}</span></td>
              <td className="px-3 py-1.5 text-quiet">{user.email}</td>
              <td className="px-3 py-1.5">
                <Select aria-label={t("admin.departmentOf", { name: user.displayName })} className="max-w-44" value={user.department} onChange={(event) => { update.mutate({ name: user.name ?? "", department: event.target.value }); }}>
                  <option value="">{t("admin.noDepartment")}</option>
                  {departments.map((each) => <option key={each.name} value={each.name}>{each.displayName}</option>)}
                </Select>
              </td>
              <td className="px-3 py-1.5">
                <Select aria-label={t("admin.roleOf", { name: user.displayName })} value={user.role} onChange={(event) => { update.mutate({ name: user.name ?? "", role: event.target.value as Role }); }}>
                  {ROLES.map((role) => <option key={role} value={role}>{t(`admin.roles.${role}`)}</option>)}
                </Select>
              </td>
              <td className="px-3 py-1.5"><Badge tone={user.state === "STATE_DISABLED" ? "warn" : "good"}>{t(`admin.states.${user.state === "STATE_DISABLED" ? "STATE_DISABLED" : "STATE_ACTIVE"}`)}</Badge></td>
              <td className="px-3 py-1.5 text-xs whitespace-nowrap text-quiet">{time(user.createTime)}</td>
              <td className="px-3 py-1.5 text-right">
                {user.state === "STATE_DISABLED"
                  ? <Button onClick={() => { setEnabled.mutate({ name: user.name ?? "", isEnabled: true }); }}>{t("admin.enable")}</Button>
                  : <Button look="danger" onClick={() => { setAsked(user); }}>{t("admin.disable")}</Button>}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {found.hasNextPage && <MoreBelow label={t("admin.more")} isBusy={found.isFetchingNextPage} onMore={() => void found.fetchNextPage()} />}
      <Dialog title={t("admin.disableAsk", { name: asked?.displayName })} description={t("admin.disableHint")} isOpen={asked !== null} onClose={() => { setAsked(null); }}>
        <div className="flex justify-end gap-2">
          <Button onClick={() => { setAsked(null); }}>{t("admin.cancel")}</Button>
          <Button look="danger" onClick={disable}>{t("admin.disable")}</Button>
        </div>
      </Dialog>
    </div>
  );
}
