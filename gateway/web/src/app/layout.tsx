import { useQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { ErrorNotice } from "@/components/ui/notice";
import { meQuery, useSignOut } from "@/features/account/api/me";
import { AccountPage } from "@/features/account/components/account-page";
import { chooseLanguage } from "@/lib/i18n";

export function Layout() {
  const { t, i18n } = useTranslation();
  const me = useQuery(meQuery);
  const signOut = useSignOut();
  const language = (
    <Button onClick={() => { chooseLanguage(i18n.language === "ko" ? "en" : "ko"); }}>{t("common.language")}</Button>
  );

  if (me.isPending) return <p className="p-10 text-quiet">{t("common.loading")}</p>;
  if (me.error) return <div className="p-10"><ErrorNotice error={me.error} /></div>;
  if (!me.data) {
    return (
      <>
        <div className="flex justify-end p-4">{language}</div>
        <AccountPage />
      </>
    );
  }
  return (
    <div className="flex min-h-screen flex-col">
      <header className="flex items-center gap-3 border-b border-line bg-surface px-6 py-3">
        <Link to="/" className="flex items-center gap-2 font-semibold">
          <img src="/loupe.svg" alt="" className="size-6" />
          Loupe
        </Link>
        <span className="ml-auto text-sm text-quiet">{me.data.displayName}</span>
        {language}
        <Button onClick={() => { signOut.mutate(); }}>{t("account.signOut")}</Button>
      </header>
      <Outlet />
    </div>
  );
}
