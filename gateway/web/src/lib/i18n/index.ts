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
  document.documentElement.lang = language;
  void i18next.changeLanguage(language);
}

void i18next.use(initReactI18next).init({
  lng: chosenLanguage(),
  fallbackLng: "en",
  resources: { en: { translation: en }, ko: { translation: ko } },
  interpolation: { escapeValue: false },
});
document.documentElement.lang = chosenLanguage();

export { i18next };
