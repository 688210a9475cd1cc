import { useQuery } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { classesQuery, keysQuery, tagsQuery } from "@/features/images/api/choices";
import type { Change } from "@/features/images/api/change";
import { SuggestInput } from "@/features/images/bulk/suggest-input";
import { typedValue } from "@/features/images/metadata-value";

export interface FormProps {
  project: string;
  /** `did` says what is done, in the words of `images.did`; `value` stands in it. */
  onChange: (change: Change, did: "tags" | "untag" | "label" | "unlabel" | "metadata", value: string) => void;
}

export function TagForm({ project, onChange }: FormProps) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const tag = text.trim();
  const known = useQuery(tagsQuery(project)).data ?? [];
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (tag) onChange({ kind: "tags", add: [tag] }, "tags", tag);
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-2">
      <SuggestInput label={t("images.tag")} suggestions={known} maxLength={100} value={text} onChange={(event) => { setText(event.target.value); }} />
      <div className="flex gap-2">
        <Button type="submit" look="primary" className="grow" disabled={!tag}>{t("images.addTag")}</Button>
        <Button className="grow" disabled={!tag} onClick={() => { onChange({ kind: "tags", remove: [tag] }, "untag", tag); }}>{t("images.removeTag")}</Button>
      </div>
    </form>
  );
}

export function LabelForm({ project, onChange }: FormProps) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const label = text.trim();
  const known = useQuery(classesQuery(project)).data ?? [];
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (label) onChange({ kind: "label", displayName: label }, "label", label);
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-2">
      <SuggestInput label={t("images.label")} suggestions={known} maxLength={200} value={text} onChange={(event) => { setText(event.target.value); }} />
      <div className="flex gap-2">
        <Button type="submit" look="primary" className="grow" disabled={!label}>{t("images.setLabel")}</Button>
        <Button className="grow" onClick={() => { onChange({ kind: "unlabel" }, "unlabel", ""); }}>{t("images.clearLabel")}</Button>
      </div>
    </form>
  );
}

export function MetadataForm({ project, onChange }: FormProps) {
  const { t } = useTranslation();
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const known = useQuery(keysQuery(project)).data ?? [];
  const name = key.trim();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (name) onChange({ kind: "metadata", set: { [name]: typedValue(value) } }, "metadata", name);
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-2">
      <SuggestInput label={t("images.metadataKey")} suggestions={known} value={key} onChange={(event) => { setKey(event.target.value); }} />
      <SuggestInput label={t("images.metadataValue")} suggestions={[]} value={value} onChange={(event) => { setValue(event.target.value); }} />
      <p className="text-xs text-quiet">{t("images.valueHint")}</p>
      <div className="flex gap-2">
        <Button type="submit" look="primary" className="grow" disabled={!name || !value.trim()}>{t("images.setValue")}</Button>
        <Button className="grow" disabled={!name} onClick={() => { onChange({ kind: "metadata", remove: [name] }, "metadata", name); }}>{t("images.removeKey")}</Button>
      </div>
    </form>
  );
}
