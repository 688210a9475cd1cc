import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { TAB, TabBar } from "@/components/ui/tab-bar";
import { AuditPage } from "@/features/admin/components/audit-page";
import { DepartmentsPage } from "@/features/admin/components/departments-page";
import { RequestsPage } from "@/features/admin/components/requests-page";
import { ServersPage } from "@/features/admin/components/servers-page";
import { UsersPage } from "@/features/admin/components/users-page";

const PARTS = ["users", "departments", "requests", "servers", "audit"] as const;
export type AdminPart = (typeof PARTS)[number];

/** What administrators look after; a supervisor decides on requests only. */
export function AdminPage({ part, isAdministrator }: { part: AdminPart; isAdministrator: boolean }) {
  const { t } = useTranslation();
  const parts = isAdministrator ? PARTS : (["requests"] as const);
  const shown = parts.find((each) => each === part) ?? "requests";
  return (
    <main className="flex min-h-0 w-full flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-x-5 border-b border-line bg-surface px-4">
        <h1 className="py-1 text-base font-semibold">{t("admin.title")}</h1>
        <TabBar label={t("admin.title")} shown={shown}>
          {parts.map((each) => (
            <Link
              key={each}
              to="/admin"
              search={{ part: each }}
              aria-current={each === shown ? "page" : undefined}
              className={TAB}
            >
              {t(`admin.parts.${each}`)}
            </Link>
          ))}
        </TabBar>
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto p-4">
        {shown === "users" && <UsersPage />}
        {shown === "departments" && <DepartmentsPage />}
        {shown === "requests" && <RequestsPage />}
        {shown === "servers" && <ServersPage />}
        {shown === "audit" && <AuditPage />}
      </div>
    </main>
  );
}
