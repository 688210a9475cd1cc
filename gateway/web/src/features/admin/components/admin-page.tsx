import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
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
        <h1 className="text-base font-semibold">{t("admin.title")}</h1>
        <nav className="flex" aria-label={t("admin.title")}>
          {parts.map((each) => (
            <Link
              key={each}
              to="/admin"
              search={{ part: each }}
              aria-current={each === shown ? "page" : undefined}
              className="-mb-px border-b-2 border-transparent px-3 py-2.5 text-quiet hover:text-ink aria-[current=page]:border-accent aria-[current=page]:font-medium aria-[current=page]:text-ink"
            >
              {t(`admin.parts.${each}`)}
            </Link>
          ))}
        </nav>
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
