import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { en } from "@/lib/i18n/en";
import { ko } from "@/lib/i18n/ko";

const KEY = "loupe.language";

export function chosenLanguage(): string {
  return localStorage.getItem(KEY) ?? (navigator.language.startsWith("ko") ? "ko" : "en");
}

export function chooseLanguage(language: "en" | "ko"): void {
  localStorage.setItem(KEY, language);
  if (language === "ko") void loadReasons();
  document.documentElement.lang = language;
  void i18next.changeLanguage(language);
}

/** What went wrong comes in English; only who reads Korean loads the texts for it. */
async function loadReasons(): Promise<void> {
  const { reasonsKo } = await import("@/lib/i18n/reasons-ko");
  i18next.addResourceBundle("ko", "translation", { reasons: reasonsKo }, true);
}

void i18next.use(initReactI18next).init({
  lng: chosenLanguage(),
  fallbackLng: "en",
  resources: { en: { translation: en }, ko: { translation: ko } },
  interpolation: { escapeValue: false },
  react: { bindI18nStore: "added" },
});
document.documentElement.lang = chosenLanguage();
if (chosenLanguage() === "ko") void loadReasons();

export { i18next };
