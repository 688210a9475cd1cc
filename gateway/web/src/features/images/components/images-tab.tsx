import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { MoreBelow } from "@/components/ui/more-below";
import { Empty } from "@/components/ui/notice";
import { searchQuery, type Image } from "@/features/images/api/search";
import { Facets } from "@/features/images/components/facets";
import { ImagePanel } from "@/features/images/components/image-panel";
import { QueryBar } from "@/features/images/components/query-bar";
import { QueryError } from "@/features/images/components/query-error";
import { SelectionBar } from "@/features/images/components/selection-bar";
import { Tile } from "@/features/images/components/tile";
import { usePanelKeys } from "@/features/images/components/use-panel-keys";
import { idOf } from "@/lib/api/client";
import { count } from "@/lib/format";

interface ImagesTabProps {
  project: string;
  query: string;
  /** Id of the image that is open; empty for none. */
  opened: string;
  onQuery: (query: string) => void;
  onOpen: (image: string) => void;
}

export function ImagesTab({ project, query, opened, onQuery, onOpen }: ImagesTabProps) {
  const { t } = useTranslation();
  const search = useInfiniteQuery(searchQuery(project, query));
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const images = search.data?.pages.flatMap((page) => page.images ?? []) ?? [];
  const toggle = (id: string) => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    setSelected(next);
  };
  const close = () => { onOpen(""); };
  const step = (by: 1 | -1) => {
    const neighbour = images[images.findIndex((image) => idOf(image.name) === opened) + by];
    if (neighbour) onOpen(idOf(neighbour.name));
  };
  usePanelKeys(opened !== "", { onClose: close, onStep: step });

  return (
    <section className="flex flex-col gap-4" aria-label={t("tabs.images")}>
      <QueryBar key={query} query={query} onQuery={onQuery} />
      <QueryError error={search.error} query={query} />
      <div className="flex gap-6">
        <Facets project={project} query={query} onQuery={onQuery} />
        <div className="flex min-w-0 flex-1 flex-col gap-3">
          {images.length > 0 && (
            <div className="flex min-h-9 flex-wrap items-center gap-3 text-sm">
              <span role="status" className="tabular-nums">{t("images.found", { total: count(search.data?.pages[0]?.totalSize) })}</span>
              <Button onClick={() => { setSelected(new Set(images.map((image) => idOf(image.name)))); }}>{t("images.selectAll")}</Button>
            </div>
          )}
          {selected.size > 0 && <SelectionBar project={project} ids={[...selected]} onClear={() => { setSelected(new Set()); }} />}
          {search.isPending && <p className="text-quiet">{t("common.loading")}</p>}
          {search.isSuccess && images.length === 0 && <NoImages isSearch={query !== ""} />}
          <Grid images={images} selected={selected} opened={opened} onToggle={toggle} onOpen={onOpen} />
          {search.hasNextPage && (
            <MoreBelow label={t("images.more")} isBusy={search.isFetchingNextPage} onMore={() => void search.fetchNextPage()} />
          )}
        </div>
        {opened && <ImagePanel key={opened} project={project} id={opened} onClose={close} onStep={step} />}
      </div>
    </section>
  );
}

interface GridProps {
  images: Image[];
  selected: ReadonlySet<string>;
  opened: string;
  onToggle: (image: string) => void;
  onOpen: (image: string) => void;
}

function Grid({ images, selected, opened, onToggle, onOpen }: GridProps) {
  return (
    <ul className="grid grid-cols-[repeat(auto-fill,minmax(9rem,1fr))] gap-2">
      {images.map((image) => {
        const id = idOf(image.name);
        return (
          <Tile
            key={id}
            image={image}
            isSelected={selected.has(id)}
            isOpen={id === opened}
            onToggle={() => { onToggle(id); }}
            onOpen={() => { onOpen(id); }}
          />
        );
      })}
    </ul>
  );
}

function NoImages({ isSearch }: { isSearch: boolean }) {
  const { t } = useTranslation();
  return isSearch ? (
    <Empty title={t("images.none")}>{t("images.noneHint")}</Empty>
  ) : (
    <Empty title={t("images.emptyProject")}>{t("images.emptyProjectHint")}</Empty>
  );
}
