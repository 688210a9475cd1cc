import { useNavigate } from "@tanstack/react-router";
import { ChevronDown, Languages, LogOut, Monitor, Moon, Settings, ShieldCheck, Sun } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem, MenuLine, MenuTitle } from "@/components/ui/menu";
import { useSignOut } from "@/features/account/api/me";
import type { Schemas } from "@/lib/api/client";
import { chooseLanguage } from "@/lib/i18n";
import { chooseTheme, useTheme } from "@/lib/theme";

const THEMES = [
  { theme: "system", icon: Monitor },
  { theme: "light", icon: Sun },
  { theme: "dark", icon: Moon },
] as const;

/** Everything that is about the person, not about a project. */
export function UserMenu({ me }: { me: Schemas["User"] }) {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const signOut = useSignOut();
  const theme = useTheme();
  const decides = me.role === "ROLE_ADMINISTRATOR" || me.role === "ROLE_SUPERVISOR";
  return (
    <Menu align="end" trigger={<Button look="ghost" className="max-w-48"><span className="truncate">{me.displayName}</span><ChevronDown className="size-3.5 shrink-0 text-quiet" aria-hidden /></Button>}>
      <MenuItem icon={Settings} onSelect={() => void navigate({ to: "/account" })}>{t("frame.account")}</MenuItem>
      {decides && <MenuItem icon={ShieldCheck} onSelect={() => void navigate({ to: "/admin" })}>{t("frame.admin")}</MenuItem>}
      <MenuLine />
      <MenuTitle>{t("frame.theme")}</MenuTitle>
      {THEMES.map((each) => (
        <MenuItem key={each.theme} icon={each.icon} isChosen={theme === each.theme} onSelect={() => { chooseTheme(each.theme); }}>{t(`frame.themes.${each.theme}`)}</MenuItem>
      ))}
      <MenuLine />
      <MenuItem icon={Languages} onSelect={() => { chooseLanguage(i18n.language === "ko" ? "en" : "ko"); }}>{t("common.language")}</MenuItem>
      <MenuItem icon={LogOut} onSelect={() => { signOut.mutate(); }}>{t("account.signOut")}</MenuItem>
    </Menu>
  );
}
