import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Segmented } from "@/components/ui/segmented";
import { ApiKeys } from "@/features/account/components/api-keys";
import { PasswordForm } from "@/features/account/components/password-form";
import { ProfileForm } from "@/features/account/components/profile-form";
import { Part } from "@/features/account/components/part";
import { Sessions } from "@/features/account/components/sessions";
import { meQuery } from "@/lib/api/rights";
import { chooseLanguage } from "@/lib/i18n";
import { chooseTheme, useTheme } from "@/lib/theme";

const LANGUAGES = [{ value: "ko", label: "한국어" }, { value: "en", label: "English" }] as const;

/** One's own account. */
export function SettingsPage() {
  const { t, i18n } = useTranslation();
  const me = useQuery(meQuery).data;
  const theme = useTheme();
  return (
    <main className="mx-auto flex w-full max-w-3xl flex-col gap-8 p-6">
      <h1 className="text-xl font-semibold">{t("settings.title")}</h1>
      <Part title={t("settings.profile")} hint={me?.email ?? ""}>{me && <ProfileForm key={me.etag} me={me} />}</Part>
      <Part title={t("settings.look")} hint={t("settings.lookHint")}>
        <div className="flex flex-wrap gap-4">
          <Segmented label={t("settings.language")} value={i18n.language === "ko" ? "ko" : "en"} options={LANGUAGES} onChange={chooseLanguage} />
          <Segmented label={t("frame.theme")} value={theme} options={(["system", "light", "dark"] as const).map((value) => ({ value, label: t(`frame.themes.${value}`) }))} onChange={chooseTheme} />
        </div>
      </Part>
      <Part title={t("settings.password")} hint={t("settings.passwordHint")}><PasswordForm /></Part>
      <Part title={t("settings.sessions")} hint={t("settings.sessionsHint")}><Sessions /></Part>
      <Part title={t("settings.apiKeys")} hint={t("settings.apiKeysHint")}><ApiKeys /></Part>
    </main>
  );
}
