import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import type { AdminPart } from "@/features/admin/components/admin-page";
import { meQuery } from "@/lib/api/rights";

// Few people open it; the others do not load it.
const AdminPage = lazy(() => import("@/features/admin/components/admin-page").then((module) => ({ default: module.AdminPage })));

export const ADMIN_PARTS: readonly AdminPart[] = ["users", "departments", "requests", "servers", "audit"];

/** Which part of the administration an address names. */
export function readAdminSearch(search: Record<string, unknown>): { part?: AdminPart } {
  const part = ADMIN_PARTS.find((each) => each === search["part"]);
  return part ? { part } : {};
}

export function AdminRoute() {
  const { t } = useTranslation();
  const me = useQuery(meQuery).data;
  const { part } = useSearch({ from: "/admin" });
  if (me?.role !== "ROLE_ADMINISTRATOR" && me?.role !== "ROLE_SUPERVISOR") return <main className="p-10 text-center">{t("common.notFound")}</main>;
  return <Suspense><AdminPage part={part ?? "users"} isAdministrator={me.role === "ROLE_ADMINISTRATOR"} /></Suspense>;
}
