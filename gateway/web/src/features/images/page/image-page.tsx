import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowLeft, ChevronLeft, ChevronRight, Download, Keyboard } from "lucide-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/components/ui/button";
import { KeysDialog } from "@/components/ui/keys-dialog";
import { ErrorNotice, Skeleton } from "@/components/ui/notice";
import { isForBrowsers } from "@/lib/api/pixels";
import { imageQuery, neighborsQuery, type Image, type ImageSearch } from "@/features/images/api/search";
import { labelBoxes, predictedBoxes } from "@/features/images/components/boxes";
import { keepPlace } from "@/features/images/grid/grid-memory";
import { MetadataPanel, TagsPanel, TruthPanel } from "@/features/images/page/fact-panels";
import { overlayOptions, wanted } from "@/features/images/page/overlay-options";
import { OverlayPanel } from "@/features/images/page/overlay-panel";
import { Panel } from "@/features/images/page/panel";
import { SimilarObjects, SimilarRow } from "@/features/images/page/similar-panel";
import { PredictionPanel } from "@/features/images/page/prediction-panel";
import { AccessPanel, FilePanel, HistoryPanel } from "@/features/images/page/record-panels";
import { usePageKeys } from "@/lib/use-page-keys";
import { Viewer } from "@/features/images/page/viewer";
import { idOf } from "@/lib/api/client";
import { count } from "@/lib/format";

const KEYS = [
  ["step", ["←", "→"]], ["back", ["Esc"]], ["fit", ["0"]], ["actual", ["1"]], ["zoom", ["+", "−"]],
  ["levels", ["W"]], ["level", ["[", "]"]], ["window", ["{", "}"]], ["drag", ["⇧"]],
  ["boxes", ["B"]], ["label", ["L"]], ["tag", ["T"]], ["help", ["?"]],
] as const;

interface ImagePageProps {
  project: string;
  id: string;
  /** The search that the image was found with: its neighbours are those in it. */
  search: ImageSearch;
  onOpen: (image: string) => void;
  onBack: () => void;
}

/** One image, large, with everything known of it; the arrows go through the search. */
export function ImagePage({ project, id, search, onOpen, onBack }: ImagePageProps) {
  const { t } = useTranslation();
  const found = useQuery({ ...imageQuery(project, id), placeholderData: (before) => before });
  const image = found.data;
  const [isHelping, setHelping] = useState(false);
  const { position, previous, next, total } = useNeighbors(project, id, search);
  const step = (name: string) => { if (name) onOpen(name); };
  usePageKeys({
    ArrowLeft: () => { step(previous); },
    ArrowRight: () => { step(next); },
    Escape: onBack,
    "?": () => { setHelping(true); },
  });

  return (
    <main aria-label={image?.fileName ?? t("common.loading")} className="flex h-0 min-h-0 grow flex-col">
      <header className="flex h-11 shrink-0 items-center gap-1 border-b border-line bg-surface px-3">
        <IconButton label={t("images.back")} shortcut="Esc" icon={ArrowLeft} onClick={onBack} />
        <h1 className="min-w-0 flex-1 truncate px-1 text-sm font-semibold" title={image?.fileName}>{image?.fileName}</h1>
        {position > 0 && <span className="px-2 text-xs text-quiet tabular-nums">{t("images.place", { position: count(position), total: count(total) })}</span>}
        <IconButton label={t("images.previous")} shortcut="←" icon={ChevronLeft} disabled={!previous} onClick={() => { step(previous); }} />
        <IconButton label={t("images.next")} shortcut="→" icon={ChevronRight} disabled={!next} onClick={() => { step(next); }} />
        <a aria-label={t("images.download")} title={t("images.download")} href={`/v1/projects/${project}/images/${id}:download`} download={image?.fileName?.split("/").at(-1)} className="inline-flex size-8 items-center justify-center rounded-md text-quiet hover:bg-sunken hover:text-ink"><Download className="size-4" aria-hidden /></a>
        <IconButton label={t("images.keys")} shortcut="?" icon={Keyboard} onClick={() => { setHelping(true); }} />
      </header>
      {found.error && <div className="p-4"><ErrorNotice error={found.error} /></div>}
      {found.isPending && <div className="p-3"><Skeleton className="h-96" /></div>}
      {image && !found.error && <Content project={project} image={image} onOpen={onOpen} />}
      <KeysDialog keys={KEYS.map(([key, keys]) => [t(`images.keyNames.${key}`), keys])} isOpen={isHelping} onClose={() => { setHelping(false); }} />
    </main>
  );
}

/** A predicted box whose like are searched. */
interface PickedObject {
  image: string;
  /** Which of the image's predictions. */
  model: number;
  number: number;
}

function Content({ project, image, onOpen }: { project: string; image: Image; onOpen: (image: string) => void }): ReactNode {
  const { t } = useTranslation();
  const label = useRef<HTMLInputElement>(null);
  const tag = useRef<HTMLInputElement>(null);
  const options = overlayOptions.use();
  const [model, setModel] = useState(0);
  const [object, setObject] = useState<PickedObject>();
  const pick = (number: number) => { setObject({ image: image.name ?? "", model, number }); };
  const picked = object && object.image === image.name && object.model === model ? object.number : undefined;
  const predicted = predictedBoxes(image, model);
  usePageKeys({
    b: () => { const isOn = options.predicted || options.truth; overlayOptions.set({ ...options, predicted: !isOn, truth: !isOn }); },
    l: () => { label.current?.focus(); },
    t: () => { tag.current?.focus(); },
  });
  const key = image.name;
  return (
    <div className="flex min-h-0 grow flex-col gap-3 overflow-y-auto p-3 lg:flex-row lg:overflow-hidden">
      <Viewer project={project} image={image} boxes={wanted(options, [...predicted, ...labelBoxes(image)])} onObject={pick} />
      <div className="w-full shrink-0 rounded-lg border border-line bg-surface lg:w-80 lg:overflow-y-auto">
        <PredictionPanel image={image} chosen={model} onChoose={setModel} picked={picked} onObject={pick} />
        {picked !== undefined && <SimilarObjects key={picked} project={project} image={image} model={model} object={picked} onOpen={onOpen} onClose={() => { setObject(undefined); }} />}
        <OverlayPanel image={image} predicted={predicted} />
        <TruthPanel key={`truth ${key ?? ""}`} project={project} image={image} input={label} />
        <TagsPanel key={`tags ${key ?? ""}`} project={project} image={image} input={tag} />
        <MetadataPanel key={`metadata ${key ?? ""}`} project={project} image={image} />
        <Panel title={t("similar.title")}><SimilarRow project={project} image={idOf(image.name)} onOpen={onOpen} /></Panel>
        <FilePanel image={image} />
        <AccessPanel project={project} image={image} />
        <HistoryPanel project={project} image={image} />
      </div>
    </div>
  );
}

/** Has the browser fetch a picture; of hundreds of megapixels only what is looked at is fetched. */
function preload(image: Image): void {
  if (isForBrowsers(image)) new window.Image().src = `/v1/${image.name ?? ""}:download`;
}

/** The images beside one in its search, fetched before somebody goes there. */
function useNeighbors(project: string, id: string, search: ImageSearch) {
  const cache = useQueryClient();
  const { data } = useQuery(neighborsQuery(project, search, id));
  const position = Number(data?.position ?? 0);
  const [previous, next] = [idOf(data?.previous), idOf(data?.next)];
  useEffect(() => { if (position > 0) keepPlace(project, search, { active: position - 1 }); }, [project, search, position]);
  useEffect(() => {
    for (const neighbor of [next, previous].filter(Boolean)) {
      void cache.query(imageQuery(project, neighbor)).then(preload).catch(() => undefined);
      void cache.query(neighborsQuery(project, search, neighbor)).catch(() => undefined);
    }
  }, [cache, project, search, previous, next]);
  return { position, previous, next, total: Number(data?.totalSize ?? 0) };
}
