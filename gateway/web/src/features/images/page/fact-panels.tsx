import { useQuery } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { useState, type Ref, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/components/ui/button";
import { ErrorNotice } from "@/components/ui/notice";
import { useChangeImages } from "@/features/images/api/change";
import { classesQuery, keysQuery, tagsQuery } from "@/features/images/api/choices";
import type { Image } from "@/features/images/api/search";
import { SuggestInput } from "@/features/images/bulk/suggest-input";
import { typedValue } from "@/features/images/metadata-value";
import { Panel } from "@/features/images/page/panel";
import { idOf } from "@/lib/api/client";
import { useRights } from "@/lib/api/rights";
import { classColour } from "@/lib/class-colour";

interface FactsProps {
  project: string;
  image: Image;
  /** Lets a key of the page put the cursor there. */
  input?: Ref<HTMLInputElement>;
}

export function TruthPanel({ project, image, input }: FactsProps) {
  const { t } = useTranslation();
  const change = useChangeImages(project);
  const known = useQuery(classesQuery(project)).data ?? [];
  const [text, setText] = useState("");
  const ids = [idOf(image.name)];
  const { mayEdit } = useRights(project);
  const classes = (image.labels ?? []).filter((label) => !label.box);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (text.trim()) change.mutate({ ids, change: { kind: "label", displayName: text.trim() } }, { onSuccess: () => { setText(""); } });
  };
  return (
    <Panel title={t("images.truth")}>
      {!mayEdit && classes.length === 0 && <p className="text-quiet">{t("images.nothing")}</p>}
      {classes.map((label) => (
        <div key={label.name} className="flex h-7 items-center gap-2">
          <span className="size-2 rounded-full" style={{ background: classColour(label.displayName ?? "") }} />
          <span className="min-w-0 flex-1 truncate font-medium">{label.displayName}</span>
          {mayEdit && <IconButton label={t("images.remove", { name: label.displayName })} icon={X} className="size-7" onClick={() => { change.mutate({ ids, change: { kind: "unlabel" } }); }} />}
        </div>
      ))}
      {mayEdit && (
        <form onSubmit={submit} className="flex gap-1">
          <SuggestInput label={t("images.truth")} suggestions={known} maxLength={200} className="h-8 grow" value={text} ref={input} onChange={(event) => { setText(event.target.value); }} />
          <IconButton type="submit" label={t("images.setTruth")} icon={Plus} disabled={!text.trim() || change.isPending} />
        </form>
      )}
      <ErrorNotice error={change.error} />
    </Panel>
  );
}

export function TagsPanel({ project, image, input }: FactsProps) {
  const { t } = useTranslation();
  const change = useChangeImages(project);
  const known = useQuery(tagsQuery(project)).data ?? [];
  const [text, setText] = useState("");
  const ids = [idOf(image.name)];
  const { mayEdit } = useRights(project);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (text.trim()) change.mutate({ ids, change: { kind: "tags", add: [text.trim()] } }, { onSuccess: () => { setText(""); } });
  };
  return (
    <Panel title={t("images.tags")}>
      <ul className="flex flex-wrap gap-1">
        {image.tags?.map((tag) => {
          const isOwn = tag.origin === "TAG_ORIGIN_USER";
          const isRemovable = isOwn && mayEdit;
          return (
            <li key={tag.tag} className={`flex h-6 max-w-full items-center rounded-md text-xs ${isOwn ? "bg-accent-soft" : "bg-sunken text-quiet"}`}>
              <span className={`truncate pl-2 ${isRemovable ? "" : "pr-2"}`}>{tag.displayName}</span>
              {isRemovable && (
                <button type="button" className="rounded-md p-1.5 text-quiet hover:text-ink" aria-label={t("images.remove", { name: tag.displayName })} onClick={() => { change.mutate({ ids, change: { kind: "tags", remove: [tag.displayName ?? ""] } }); }}>
                  <X className="size-3" aria-hidden />
                </button>
              )}
            </li>
          );
        })}
      </ul>
      {mayEdit && (
        <form onSubmit={submit} className="flex gap-1">
          <SuggestInput label={t("images.tag")} suggestions={known} maxLength={100} className="h-8 grow" value={text} ref={input} onChange={(event) => { setText(event.target.value); }} />
          <IconButton type="submit" label={t("images.addTag")} icon={Plus} disabled={!text.trim() || change.isPending} />
        </form>
      )}
      <ErrorNotice error={change.error} />
    </Panel>
  );
}

export function MetadataPanel({ project, image }: FactsProps) {
  const { t } = useTranslation();
  const change = useChangeImages(project);
  const known = useQuery(keysQuery(project)).data ?? [];
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const ids = [idOf(image.name)];
  const set = (name: string, text: string) => { change.mutate({ ids, change: { kind: "metadata", set: { [name]: typedValue(text) } } }); };
  const { mayEdit } = useRights(project);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!key.trim() || !value.trim()) return;
    set(key.trim(), value);
    setKey("");
    setValue("");
  };
  const entries = Object.entries(image.metadata ?? {});
  return (
    <Panel title={t("images.metadata")}>
      {entries.length === 0 && <p className="text-quiet">{t("images.nothing")}</p>}
      <ul className="grid grid-cols-[minmax(4rem,auto)_1fr_auto] items-center gap-x-2">
        {entries.map(([name, current]) => {
          const shown = typeof current === "string" ? current : JSON.stringify(current);
          return (
            <li key={name} className="contents">
              <span className="truncate text-quiet" title={name}>{name}</span>
              <span className="min-w-0">
                {mayEdit ? <input
                  key={shown}
                  defaultValue={shown}
                  aria-label={t("images.edit", { name })}
                  className="h-7 w-full min-w-0 rounded-md border border-transparent bg-transparent px-1.5 hover:border-line focus-visible:border-accent"
                  onKeyDown={(event) => { if (event.key === "Enter" && !event.nativeEvent.isComposing) event.currentTarget.blur(); if (event.key === "Escape") { event.currentTarget.value = shown; event.currentTarget.blur(); } }}
                  onBlur={(event) => { if (event.target.value !== shown && event.target.value.trim()) set(name, event.target.value); else event.target.value = shown; }}
                /> : <span className="block truncate px-1.5 leading-7" title={shown}>{shown}</span>}
              </span>
              {mayEdit ? <IconButton label={t("images.remove", { name })} icon={X} className="size-7" onClick={() => { change.mutate({ ids, change: { kind: "metadata", remove: [name] } }); }} /> : <span />}
            </li>
          );
        })}
      </ul>
      {mayEdit && (
        <form onSubmit={submit} className="flex gap-1">
          <SuggestInput label={t("images.metadataKey")} suggestions={known} className="h-8 w-0 grow" value={key} onChange={(event) => { setKey(event.target.value); }} />
          <SuggestInput label={t("images.metadataValue")} suggestions={[]} className="h-8 w-0 grow" value={value} onChange={(event) => { setValue(event.target.value); }} />
          <IconButton type="submit" label={t("images.setValue")} icon={Plus} disabled={!key.trim() || !value.trim() || change.isPending} />
        </form>
      )}
      <ErrorNotice error={change.error} />
    </Panel>
  );
}
