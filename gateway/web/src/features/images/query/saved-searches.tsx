import { useQuery } from "@tanstack/react-query";
import { Bookmark, Trash2, Users } from "lucide-react";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "@/components/ui/button";
import { Badge } from "@/components/ui/card";
import { Input } from "@/components/ui/field";
import { ErrorNotice } from "@/components/ui/notice";
import { Popover } from "@/components/ui/popover";
import { showToast } from "@/components/ui/toast";
import { savedSearchesQuery, useForgetSearch, useOpenSavedSearch, useSaveSearch } from "@/features/images/api/saved-searches";
import { ORDERS, type ImageSearch } from "@/features/images/api/search";
import { useRights } from "@/lib/api/rights";
import { count } from "@/lib/format";

interface SavedSearchesProps {
  project: string;
  search: ImageSearch;
  onSearch: (search: ImageSearch) => void;
}

/** Searches under a name: opens one, tells what is new in each, keeps the present one. */
export function SavedSearches(props: SavedSearchesProps) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover
      label={t("images.saved")}
      align="end"
      className="w-80 p-2"
      isOpen={isOpen}
      onOpen={setOpen}
      trigger={<IconButton label={t("images.saved")} icon={Bookmark} className="size-9 border border-line" />}
    >
      <List {...props} onDone={() => { setOpen(false); }} />
    </Popover>
  );
}

function List({ project, search, onSearch, onDone }: SavedSearchesProps & { onDone: () => void }) {
  const { t } = useTranslation();
  const found = useQuery(savedSearchesQuery(project));
  const open = useOpenSavedSearch(project);
  const forget = useForgetSearch(project);
  const { mayManage } = useRights(project);
  const saved = found.data?.savedSearches ?? [];
  return (
    <div className="flex flex-col gap-2">
      <ErrorNotice error={found.error ?? forget.error ?? open.error} />
      {found.isPending && <p className="px-2 text-quiet">{t("common.loading")}</p>}
      {found.isSuccess && saved.length === 0 && <p className="px-2 pt-1 text-quiet">{t("images.savedNone")}</p>}
      <ul>
        {saved.map((each) => (
          <li key={each.name} className="group flex items-center rounded-md hover:bg-sunken">
            <button
              type="button"
              title={each.query}
              className="flex h-8 min-w-0 grow items-center gap-2 rounded-md px-2 text-left"
              onClick={() => {
                open.mutate(each.name);
                onSearch({ query: each.query ?? "", order: ORDERS.find((order) => order === each.order) ?? "ORDER_NEWEST" });
                onDone();
              }}
            >
              <span className="min-w-0 flex-1 truncate">{each.displayName}</span>
              {each.visibility === "VISIBILITY_SHARED" && <Users className="size-3.5 text-quiet" aria-label={t("images.saveShared")} />}
              {Number(each.newCount ?? 0) > 0 && <Badge tone="accent">{t("images.savedNew", { images: count(each.newCount) })}</Badge>}
              <span className="text-xs text-quiet tabular-nums">{each.matchCount === undefined ? "" : count(each.matchCount)}</span>
            </button>
            {mayManage(each.creator) && <IconButton label={t("images.forget", { name: each.displayName })} icon={Trash2} className="opacity-0 group-hover:opacity-100 focus-visible:opacity-100" onClick={() => { forget.mutate(each.name); }} />}
          </li>
        ))}
      </ul>
      <SaveForm project={project} search={search} onDone={onDone} />
    </div>
  );
}

function SaveForm({ project, search, onDone }: { project: string; search: ImageSearch; onDone: () => void }) {
  const { t } = useTranslation();
  const save = useSaveSearch(project);
  const [name, setName] = useState("");
  const [isShared, setShared] = useState(false);
  const { mayEdit } = useRights(project);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const displayName = name.trim();
    save.mutate({ search, name: displayName, isShared }, { onSuccess: () => { showToast(t("images.savedDone", { name: displayName })); onDone(); } });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-2 border-t border-line px-2 pt-3 pb-1">
      <div className="flex gap-2">
        <Input aria-label={t("images.saveName")} placeholder={t("images.saveName")} maxLength={100} className="grow" value={name} onChange={(event) => { setName(event.target.value); }} />
        <Button type="submit" look="primary" disabled={!name.trim() || save.isPending}>{t("images.save")}</Button>
      </div>
      {mayEdit && <label className="flex items-center gap-2 text-xs"><input type="checkbox" className="accent-accent" checked={isShared} onChange={(event) => { setShared(event.target.checked); }} />{t("images.saveShared")}</label>}
      <ErrorNotice error={save.error} />
    </form>
  );
}
