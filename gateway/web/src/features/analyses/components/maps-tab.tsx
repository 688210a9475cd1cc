import { useQuery } from "@tanstack/react-query";
import { Plus, ScatterChart } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Empty, ErrorNotice } from "@/components/ui/notice";
import { analysesQuery } from "@/features/analyses/api/analyses";
import { CreateMap } from "@/features/analyses/components/create-map";
import { EarlyMap } from "@/features/analyses/components/early-map";
import { MapList } from "@/features/analyses/components/map-list";
import { OpenedMap, type OpenedMapProps } from "@/features/analyses/components/opened-map";
import { idOf } from "@/lib/api/client";

interface MapsTabProps extends Pick<OpenedMapProps, "imageLink" | "onImage" | "onGrid" | "onQuery"> {
  project: string;
  query: string;
  /** Ids of the opened map and of the one beside it; empty: the newest, and none. */
  map: string;
  beside: string;
  onOpen: (map: string, beside: string) => void;
}

export function MapsTab({ project, query, map, beside, onOpen, ...rest }: MapsTabProps) {
  const { t } = useTranslation();
  const found = useQuery(analysesQuery(project));
  const [isCreating, setIsCreating] = useState(false);
  const maps = found.data?.analyses ?? [];
  const drawn = maps.filter((each) => each.state === "STATE_SUCCEEDED");
  const asked = maps.find((each) => idOf(each.name) === map);
  const running = [asked, asked ? undefined : maps[0]].find((each) => each?.state === "STATE_RUNNING");
  const opened = running ? undefined : (drawn.find((each) => each === asked) ?? drawn[0]);
  const compared = drawn.find((each) => idOf(each.name) === beside && each !== opened);
  const create = <Button look="primary" icon={Plus} onClick={() => { setIsCreating(true); }}>{t("maps.new")}</Button>;

  return (
    <section className="flex min-h-0 flex-1 flex-col gap-4 lg:flex-row" aria-label={t("tabs.maps")}>
      {maps.length > 0 && (
        <div className="flex w-full shrink-0 flex-col gap-3 lg:w-60">
          {create}
          <MapList project={project} maps={maps} opened={opened} compared={compared} onOpen={(id) => { onOpen(id, ""); }} onCompare={(id) => { onOpen(idOf(opened?.name), id); }} />
        </div>
      )}
      <div className="flex min-h-0 min-w-0 flex-1 flex-col gap-3">
        <ErrorNotice error={found.error} />
        {running && <EarlyMap key={running.name} project={project} analysis={running} />}
        {found.isSuccess && drawn.length === 0 && !running && <Empty title={t("maps.none")} icon={ScatterChart}>{t("maps.noneHint")}{maps.length === 0 && create}</Empty>}
        {opened && <OpenedMap key={opened.name} project={project} analysis={opened} other={compared} query={query} {...rest} />}
      </div>
      <Dialog title={t("maps.new")} description={t("maps.newHint")} isOpen={isCreating} onClose={() => { setIsCreating(false); }}>
        <CreateMap project={project} query={query} onAsked={() => { setIsCreating(false); onOpen("", ""); }} />
      </Dialog>
    </section>
  );
}
