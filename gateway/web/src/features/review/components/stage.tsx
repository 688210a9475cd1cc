import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, type ReactNode, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Badge, Kbd } from "@/components/ui/card";
import { classesQuery, type ReviewedImage, type ReviewItem, type Word } from "@/features/review/api/review";
import { pictureQuery } from "@/features/review/components/picture";
import { Relabel } from "@/features/review/components/relabel";
import { classColour } from "@/lib/class-colour";
import { percent } from "@/lib/format";
import { usePageKeys } from "@/lib/use-page-keys";

const DIGITS = 9;
const PICTURE = "absolute inset-0 size-full object-contain";

interface StageProps {
  project: string;
  item: ReviewItem;
  image: ReviewedImage;
  /** The image after it. */
  next: ReviewedImage | undefined;
  /** What was said of it, when somebody went back. */
  said: Word | undefined;
  isFirst: boolean;
  overlay: (image: ReviewedImage) => ReactNode;
  onSay: (word: Word) => void;
  onBack: () => void;
}

/** The image, what was predicted, and what can be said about it. */
export function Stage({ project, item, image, next, said, isFirst, overlay, onSay, onBack }: StageProps) {
  const { t } = useTranslation();
  const stage = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const classes = (useQuery(classesQuery(project)).data ?? []).slice(0, DIGITS);
  const canAgree = (image.predictions?.length ?? 0) > 0;

  const say = (word: Word) => {
    onSay(word);
    // The keys go on with the next image, whatever was clicked for this one.
    stage.current?.focus();
  };
  const agree = () => { if (canAgree) say({ action: "ACTION_AGREE" }); };
  const skip = () => { say({ action: "ACTION_SKIP" }); };
  const relabel = (label: string) => { say({ action: "ACTION_RELABEL", label }); };
  usePageKeys({
    Enter: () => { if (!pressFocused()) agree(); },
    " ": () => { if (!pressFocused()) skip(); },
    ArrowRight: skip,
    Backspace: onBack,
    ArrowLeft: onBack,
    ...Object.fromEntries(classes.map((name, number) => [String(number + 1), () => { relabel(name); }])),
  });
  useTyping(input);
  useEffect(() => { stage.current?.focus(); }, []);

  return (
    // Holds the focus between two images; a frame around half of the window would say nothing.
    <div ref={stage} tabIndex={-1} style={{ outline: "none" }} className="flex min-h-0 flex-1 flex-col gap-4 lg:flex-row">
      <figure className="relative flex min-h-72 min-w-0 flex-1 flex-col overflow-hidden rounded-lg border border-line bg-sunken" aria-label={t("review.picture")}>
        <div className="relative min-h-0 grow">
          <Picture key={image.name} project={project} image={image} alt={image.fileName ?? ""} className={PICTURE} />
          {/* Decoded behind the one that is looked at, so that it is there at once when its turn comes. */}
          {next && <Picture key={next.name} project={project} image={next} alt="" className={`${PICTURE} opacity-0`} />}
          {overlay(image)}
        </div>
        <figcaption className="truncate border-t border-line bg-surface px-3 py-1.5" title={image.fileName}>{image.fileName}</figcaption>
      </figure>
      <div className="flex w-full shrink-0 flex-col gap-4 overflow-y-auto lg:w-80">
        <Prediction image={image} />
        <Facts image={image} />
        {item.skipped && <p className="text-warn">{t("review.skippedBefore")}</p>}
        {said && said.action !== "ACTION_SKIP" && <p className="text-good">{t("review.said", { label: said.action === "ACTION_AGREE" ? t("review.agreed") : said.label })}</p>}
        <div className="flex flex-wrap gap-2">
          <Button look="primary" disabled={!canAgree} onClick={agree}>{t("review.agree")} <Kbd>Enter</Kbd></Button>
          <Button onClick={skip}>{t("review.skip")} <Kbd>␣</Kbd></Button>
          <Button disabled={isFirst} onClick={onBack}>{t("review.back")} <Kbd>⌫</Kbd></Button>
        </div>
        <Relabel classes={classes} input={input} onRelabel={relabel} onLeave={() => { stage.current?.focus(); }} />
        <p className="text-xs text-quiet">{t("review.keys")}</p>
      </div>
    </div>
  );
}

function Picture({ project, image, alt, className }: { project: string; image: ReviewedImage; alt: string; className: string }) {
  const { data } = useQuery(pictureQuery(useQueryClient(), project, image));
  return <img src={data} alt={alt} aria-hidden={alt === "" || undefined} className={className} />;
}

/** Presses the button or link that has the focus; false when none has it. */
function pressFocused(): boolean {
  const focused = document.activeElement;
  if (!(focused instanceof HTMLButtonElement || focused instanceof HTMLAnchorElement)) return false;
  focused.click();
  return true;
}

/** A letter begins to write a class. */
function useTyping(input: RefObject<HTMLInputElement | null>): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (event.target instanceof HTMLElement && event.target.closest("input, select, textarea, [role=dialog], [role=menu]")) return;
      // The letter itself, or the first stroke of a syllable, arrives in what has the focus after this.
      if (/^\p{L}$/u.test(event.key) || event.isComposing || event.key === "Process") input.current?.focus();
    };
    document.addEventListener("keydown", press);
    return () => { document.removeEventListener("keydown", press); };
  }, [input]);
}

function Prediction({ image }: { image: ReviewedImage }) {
  const { t } = useTranslation();
  const said = image.predictions?.[0];
  const top = said?.classScores?.scores?.[0];
  const boxes = said?.boxes?.boxes ?? [];
  return (
    <div className="flex flex-col gap-1.5">
      <h2 className="text-xs text-quiet">{t("review.predicted")}</h2>
      {!said && <p>{t("review.noPrediction")}</p>}
      {top && (
        <p className="flex items-center gap-2 text-lg font-semibold">
          <span className="size-3 rounded-full" style={{ background: classColour(top.label ?? "") }} aria-hidden />
          {top.label}
          <span className="font-normal text-quiet tabular-nums">{percent(top.confidence)}</span>
        </p>
      )}
      {said && !top && boxes.length === 0 && <p>{t("review.nothingFound")}</p>}
      <ul className="flex flex-wrap gap-1">
        {boxes.slice(0, 20).map((box, number) => <li key={number}><Badge>{box.label} {percent(box.confidence)}</Badge></li>)}
      </ul>
    </div>
  );
}

function Facts({ image }: { image: ReviewedImage }) {
  const { t } = useTranslation();
  const labels = image.labels ?? [];
  const metadata = Object.entries((image.metadata ?? {}) as Record<string, unknown>);
  return (
    <>
      {labels.length > 0 && (
        <div className="flex flex-col gap-1.5">
          <h2 className="text-xs text-quiet">{t("review.labels")}</h2>
          <ul className="flex flex-wrap gap-1">{labels.map((each) => <li key={each.name}><Badge tone="good">{each.displayName}</Badge></li>)}</ul>
        </div>
      )}
      {metadata.length > 0 && (
        <div className="flex flex-col gap-1.5">
          <h2 className="text-xs text-quiet">{t("review.where")}</h2>
          <ul className="flex flex-wrap gap-1">{metadata.slice(0, 12).map(([key, value]) => <li key={key}><Badge>{key}: {String(value)}</Badge></li>)}</ul>
        </div>
      )}
    </>
  );
}
