import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Empty, ErrorNotice } from "@/components/ui/notice";
import { analysesQuery, useDeleteAnalysis, type Analysis } from "@/features/analyses/api/analyses";
import { CreateMap } from "@/features/analyses/components/create-map";
import { OpenedMap, type OpenedMapProps } from "@/features/analyses/components/opened-map";
import { idOf } from "@/lib/api/client";
import { time } from "@/lib/format";

interface MapsTabProps extends Pick<OpenedMapProps, "imageLink" | "actions"> {
  project: string;
  query: string;
  map: string;
  onOpen: (map: string) => void;
}

export function MapsTab({ project, query, map, onOpen, imageLink, actions }: MapsTabProps) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const found = useQuery(analysesQuery(project));
  const drawn = (found.data?.analyses ?? []).filter((each) => each.state === "STATE_SUCCEEDED");
  const opened = drawn.find((each) => idOf(each.name) === map) ?? drawn[0];

  return (
    <section className="flex flex-wrap gap-6 md:flex-nowrap" aria-label={t("tabs.maps")}>
      <div className="flex w-72 shrink-0 flex-col gap-4">
        <CreateMap
          project={project}
          query={query}
          onDrawn={(name) => {
            void cache.invalidateQueries({ queryKey: ["analyses", project] });
            onOpen(idOf(name));
          }}
        />
        <History project={project} maps={drawn} opened={opened} onOpen={onOpen} />
      </div>
      <div className="flex min-w-0 flex-1 flex-col gap-3">
        <ErrorNotice error={found.error} />
        {found.isSuccess && !opened && <Empty title={t("maps.none")}>{t("maps.noneHint")}</Empty>}
        {opened && <OpenedMap key={opened.name} project={project} analysis={opened} imageLink={imageLink} actions={actions} />}
      </div>
    </section>
  );
}

interface HistoryProps {
  project: string;
  maps: Analysis[];
  opened: Analysis | undefined;
  onOpen: (map: string) => void;
}

function History({ project, maps, opened, onOpen }: HistoryProps) {
  const { t } = useTranslation();
  const remove = useDeleteAnalysis(project);
  if (maps.length === 0) return null;
  return (
    <div>
      <h2 className="mb-2 text-sm font-medium">{t("maps.history")}</h2>
      <ErrorNotice error={remove.error} />
      <ul className="flex flex-col gap-1">
        {maps.map((each) => (
          <li key={each.name} className={`flex items-center gap-1 rounded-md border p-1 text-sm ${each === opened ? "border-accent" : "border-line"}`}>
            <button type="button" aria-current={each === opened || undefined} className="min-w-0 flex-1 px-1 text-left" onClick={() => { onOpen(idOf(each.name)); }}>
              <span className="block truncate">{each.displayName}</span>
              <span className="text-xs text-quiet">{time(each.createTime)} · {t(each.visibility === "VISIBILITY_SHARED" ? "maps.shared" : "maps.private")}</span>
            </button>
            <Button look="danger" aria-label={t("maps.deleteNamed", { name: each.displayName })} onClick={() => { remove.mutate(idOf(each.name)); }}>{t("maps.delete")}</Button>
          </li>
        ))}
      </ul>
    </div>
  );
}
