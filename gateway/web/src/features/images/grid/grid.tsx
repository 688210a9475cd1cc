import { useCallback, useEffect, useLayoutEffect, useRef, useState, type MouseEvent } from "react";
import { useTranslation } from "react-i18next";
import { ahead, drawn, geometry, GAP, placeOfTile, scrollTo } from "@/features/images/grid/geometry";
import { keepPlace, placeOf } from "@/features/images/grid/grid-memory";
import { Tile } from "@/features/images/grid/tile";
import { useGridKeys } from "@/features/images/grid/use-grid-keys";
import { useSize } from "@/features/images/grid/use-size";
import { viewOptions } from "@/features/images/grid/view-options";
import type { ImageSearch } from "@/features/images/api/search";
import { isIn, joined, NOTHING, setSelection, toggled, type Selection } from "@/features/images/selection";
import { usePages } from "@/features/images/grid/use-pages";
import { idOf } from "@/lib/api/client";

interface GridProps {
  project: string;
  search: ImageSearch;
  selection: Selection;
  /** The address of an image's page; the same function as long as it gives the same addresses. */
  hrefOf: (image: string) => string;
  onOpen: (image: string) => void;
  /** Told how many match and what went wrong, whenever that changes. */
  onState: (state: { of: ImageSearch; total: number | undefined; error: Error | null }) => void;
}

/** All images of a search: only those in view are there, and what they take does not grow with their number. */
export function Grid({ project, search, selection, hrefOf, onOpen, onState }: GridProps) {
  const { t } = useTranslation();
  const frame = useRef<HTMLDivElement>(null);
  const shows = viewOptions.use();
  const [width, viewHeight] = useSize(frame);
  const [place] = useState(() => placeOf(project, search));
  const [top, setTop] = useState(place.top);
  const [active, setActive] = useState(place.active);
  const anchor = useRef(place.active);
  const [known, setKnown] = useState(0);
  const grid = geometry(width - GAP, shows.size, shows.captions, known);
  const shown = drawn(grid, top, viewHeight, known);
  const [first, last] = shown;
  const { total, error, isFetching, at, idsBetween } = usePages(project, search, ahead(grid, shown, viewHeight, known), shown);
  if (total !== undefined && total !== known) setKnown(total);

  useEffect(() => { onState({ of: search, total, error }); }, [search, total, error, onState]);
  // Back where one was, once there is something to scroll.
  const isReady = known > 0;
  useLayoutEffect(() => {
    if (!isReady || !frame.current) return;
    const { clientHeight } = frame.current;
    frame.current.scrollTop = scrollTo(grid, place.active, place.top, clientHeight) ?? place.top;
    // Only at the beginning: what is scrolled or resized later must not jump back.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [isReady, place]);

  const stand = (index: number) => {
    setActive(index);
    keepPlace(project, search, { active: index });
    const target = frame.current && scrollTo(grid, index, frame.current.scrollTop, frame.current.clientHeight);
    if (frame.current && target !== null && target !== undefined) frame.current.scrollTop = target;
  };
  const pickRange = async (to: number) => { setSelection(project, joined(selection, await idsBetween(anchor.current, to))); };
  const pick = (index: number, isRange: boolean) => {
    const image = at(index);
    if (isRange) void pickRange(index);
    else if (image) setSelection(project, toggled(selection, idOf(image.name)));
    anchor.current = isRange ? anchor.current : index;
    stand(index);
  };
  const open = (index: number) => {
    const image = at(index);
    if (!image) return;
    stand(index);
    onOpen(idOf(image.name));
  };
  const keys = useGridKeys({
    frame, grid, active, total: known, viewHeight,
    onMove: (index, isRange) => { stand(index); if (isRange) void pickRange(index); else anchor.current = index; },
    onPick: (index) => { pick(index, false); },
    onOpen: open,
    onAll: () => void idsBetween(first, last - 1).then((ids) => { setSelection(project, joined(selection, ids)); }),
    onNone: () => { setSelection(project, NOTHING); },
  });

  const click = (index: number, event: MouseEvent) => {
    // The middle button opens a tab of its own, as for any link.
    if (event.button !== 0) return;
    event.preventDefault();
    if (event.shiftKey || event.ctrlKey || event.metaKey) pick(index, event.shiftKey);
    else open(index);
  };
  // The same functions for good: a tile whose image stays is not drawn again while one scrolls.
  const latest = useRef({ pick, click });
  useLayoutEffect(() => { latest.current = { pick, click }; });
  const pickTile = useCallback((index: number, event: MouseEvent) => { latest.current.pick(index, event.shiftKey); }, []);
  const clickTile = useCallback((index: number, event: MouseEvent) => { latest.current.click(index, event); }, []);
  const scroll = () => {
    const now = frame.current?.scrollTop ?? 0;
    keepPlace(project, search, { top: now });
    // Within a row nothing changes.
    if (Math.floor(now / grid.rowHeight) !== Math.floor(top / grid.rowHeight)) setTop(now);
  };

  const indexes = Array.from({ length: last - first }, (_, number) => first + number);
  return (
    // A layer of its own on an opaque ground: what is drawn once is moved while one scrolls, and not drawn again for each frame.
    <div ref={frame} onScroll={scroll} data-testid="grid" className="min-h-0 grow overflow-y-scroll overscroll-contain bg-surface p-1 will-change-scroll [scrollbar-gutter:stable]">
      {/* Each tile is a link in the tab order of its own; the list takes the arrows between them. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <ul aria-label={t("images.grid")} aria-busy={isFetching} onKeyDown={keys} className="relative" style={{ height: grid.height }}>
        {indexes.map((index) => {
          const image = at(index);
          const place = placeOfTile(grid, index);
          if (!image) return <li key={index} className="absolute rounded-md bg-sunken" style={place} aria-hidden />;
          return (
            <Tile
              key={index}
              t={t}
              image={image}
              index={index}
              {...place}
              total={known}
              hrefOf={hrefOf}
              isSelected={isIn(selection, idOf(image.name))}
              isActive={index === active || (index === first && (active < first || active >= last))}
              shows={shows}
              onPick={pickTile}
              onOpen={clickTile}
            />
          );
        })}
      </ul>
    </div>
  );
}
