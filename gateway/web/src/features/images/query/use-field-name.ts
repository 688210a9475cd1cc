import { useTranslation } from "react-i18next";
import { en } from "@/lib/i18n/en";

/** What people call a field of the query language; metadata keys are called what they are. */
export function useFieldName(): (field: string) => string {
  const { t } = useTranslation();
  return (field) => (field in en.images.fields ? t(`images.fields.${field as keyof typeof en.images.fields}`) : field.replace(/^meta\./, ""));
}
