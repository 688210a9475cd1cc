import { Columns2, Ellipsis, MapPinPlus, Pencil, RefreshCw, Share2, Trash2 } from "lucide-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Menu, MenuItem, MenuLine } from "@/components/ui/menu";
import { ErrorNotice, Progress } from "@/components/ui/notice";
import { useDeleteAnalysis, usePlaceImages, useUpdateAnalysis, type Analysis } from "@/features/analyses/api/analyses";
import { RunningMap } from "@/features/analyses/components/running-map";
import { idOf } from "@/lib/api/client";
import { useRights } from "@/lib/api/rights";
import { useOperation } from "@/lib/api/use-operation";
import { count, time } from "@/lib/format";
import { faultText } from "@/lib/i18n/fault-text";

interface MapListProps {
  project: string;
  maps: Analysis[];
  opened: Analysis | undefined;
  compared: Analysis | undefined;
  onOpen: (map: string) => void;
  onCompare: (map: string) => void;
}

/** The maps of a project, newest first; those being drawn with how far they are. */
export function MapList({ project, maps, opened, compared, onOpen, onCompare }: MapListProps) {
  const { t } = useTranslation();
  const remove = useDeleteAnalysis(project);
  const update = useUpdateAnalysis(project);
  const placing = usePlacing(project);
  const { mayManage } = useRights(project);
  const [renamed, setRenamed] = useState<Analysis | null>(null);
  if (maps.length === 0) return null;
  return (
    <section aria-label={t("maps.history")} className="flex min-h-0 flex-col gap-1">
      <ErrorNotice error={remove.error ?? update.error ?? placing.error} />
      {placing.isRunning && <Progress value={placing.fraction} label={t("maps.placing", { name: placing.name })} />}
      {placing.done && <p role="status" className="text-xs text-quiet">{t("maps.placedDone", { name: placing.name, images: count(placing.done.placedCount), skipped: count(placing.done.skippedCount) })}</p>}
      <ul className="flex flex-col gap-1 overflow-y-auto">
        {maps.map((each) => (
          <li key={each.name}>
            {each.state === "STATE_RUNNING" ? (
              <RunningMap project={project} analysis={each} onDrawn={onOpen} />
            ) : (
              <div className={`flex items-center rounded-md ${each === opened ? "bg-accent-soft" : each === compared ? "bg-sunken" : "hover:bg-sunken"}`}>
                <button type="button" disabled={each.state !== "STATE_SUCCEEDED"} aria-current={each === opened || undefined} className="min-w-0 flex-1 px-2 py-1.5 text-left" onClick={() => { onOpen(idOf(each.name)); }}>
                  <span className="block truncate">{each.displayName}</span>
                  <span className="block truncate text-xs text-quiet">
                    {each.state === "STATE_SUCCEEDED" ? `${time(each.createTime)} · ${t(each.visibility === "VISIBILITY_SHARED" ? "maps.shared" : "maps.private")}` : (each.failure ? faultText(each.failure) : t("maps.failed"))}
                  </span>
                </button>
                {(mayManage(each.creator) || (each !== opened && each.state === "STATE_SUCCEEDED")) && <Menu align="end" trigger={<IconButton label={t("maps.more", { name: each.displayName })} icon={Ellipsis} />}>
                  {each !== opened && each.state === "STATE_SUCCEEDED" && <MenuItem icon={Columns2} isChosen={each === compared} onSelect={() => { onCompare(each === compared ? "" : idOf(each.name)); }}>{t("maps.compare")}</MenuItem>}
                  {mayManage(each.creator) && <MenuItem icon={Pencil} onSelect={() => { setRenamed(each); }}>{t("maps.rename")}</MenuItem>}
                  {mayManage(each.creator) && <MenuItem icon={Share2} onSelect={() => { update.mutate({ id: idOf(each.name), visibility: each.visibility === "VISIBILITY_SHARED" ? "VISIBILITY_PRIVATE" : "VISIBILITY_SHARED" }); }}>
                    {t(each.visibility === "VISIBILITY_SHARED" ? "maps.unshare" : "maps.share")}
                  </MenuItem>}
                  {mayManage(each.creator) && each.placeable && <MenuItem icon={MapPinPlus} onSelect={() => { placing.place(each); }}>{t("maps.place")}</MenuItem>}
                  {mayManage(each.creator) && each.placeable && <MenuItem icon={RefreshCw} isChosen={each.keptCurrent ?? false} onSelect={() => { update.mutate({ id: idOf(each.name), keptCurrent: !each.keptCurrent }); }}>{t("maps.keepCurrent")}</MenuItem>}
                  {mayManage(each.creator) && <MenuLine />}
                  {mayManage(each.creator) && <MenuItem icon={Trash2} isDanger onSelect={() => { remove.mutate(idOf(each.name)); }}>{t("maps.delete")}</MenuItem>}
                </Menu>}
              </div>
            )}
          </li>
        ))}
      </ul>
      <Dialog title={t("maps.rename")} isOpen={renamed !== null} onClose={() => { setRenamed(null); }}>
        {renamed && (
          <RenameForm
            name={renamed.displayName ?? ""}
            onName={(displayName) => { update.mutate({ id: idOf(renamed.name), displayName }, { onSettled: () => { setRenamed(null); } }); }}
          />
        )}
      </Dialog>
    </section>
  );
}

/** What the operation answers with: PlaceImagesResponse. */
interface Placed {
  placedCount?: number;
  skippedCount?: number;
}

/** Places images on a map and follows how far that is. */
function usePlacing(project: string) {
  const cache = useQueryClient();
  const [name, setName] = useState("");
  const [done, setDone] = useState<Placed | null>(null);
  const ask = usePlaceImages(project);
  const work = useOperation((operation) => {
    setDone((operation.response ?? {}) as Placed);
    void cache.invalidateQueries({ queryKey: ["analyses", project] });
  });
  const place = (analysis: Analysis) => {
    setName(analysis.displayName ?? "");
    setDone(null);
    ask.mutate(idOf(analysis.name), { onSuccess: work.start });
  };
  return { place, name, done, isRunning: work.isRunning, fraction: work.fraction, error: ask.error ?? work.error };
}

function RenameForm({ name, onName }: { name: string; onName: (name: string) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState(name);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    onName(text.trim());
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field label={t("maps.name")} required maxLength={100} value={text} onChange={(event) => { setText(event.target.value); }} />
      <Button type="submit" look="primary">{t("maps.save")}</Button>
    </form>
  );
}
