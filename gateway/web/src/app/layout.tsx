import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { UserMenu } from "@/app/user-menu";
import { Button } from "@/components/ui/button";
import { ErrorNotice } from "@/components/ui/notice";
import { Toaster } from "@/components/ui/toast";
import { AccountPage } from "@/features/account/components/account-page";
import { UploadDock } from "@/features/uploads/components/upload-dock";
import { meQuery } from "@/lib/api/rights";
import { chooseLanguage } from "@/lib/i18n";

/** The frame of every page: as high as the window, so that each page scrolls what is worth scrolling. */
export function Layout() {
  const { t, i18n } = useTranslation();
  const me = useQuery(meQuery);
  const uploadPage = useRouterState({ select: ({ location }) => (location.search.tab === "upload" ? location.pathname.replace("/projects/", "") : "") });

  if (me.isPending) return <p className="p-10 text-quiet">{t("common.loading")}</p>;
  if (me.error) {
    return (
      <main className="flex flex-col items-start gap-4 p-10">
        <ErrorNotice error={me.error} />
        <Button look="primary" onClick={() => void me.refetch()}>{t("common.reload")}</Button>
      </main>
    );
  }
  if (!me.data) {
    return (
      <>
        <div className="flex justify-end p-4">
          <Button look="ghost" onClick={() => { chooseLanguage(i18n.language === "ko" ? "en" : "ko"); }}>{t("common.language")}</Button>
        </div>
        <AccountPage />
      </>
    );
  }
  return (
    <div className="flex h-dvh flex-col">
      <header className="flex h-11 shrink-0 items-center gap-3 border-b border-line bg-surface px-4">
        <Link to="/" className="flex items-center gap-2 font-semibold">
          <img src="/loupe.svg" alt="" className="size-5" />
          Loupe
        </Link>
        <span className="flex-1" />
        <UserMenu me={me.data} />
      </header>
      <div className="flex min-h-0 flex-1 flex-col overflow-y-auto">
        <Outlet />
      </div>
      <UploadDock hiddenFor={uploadPage} />
      <Toaster />
    </div>
  );
}
