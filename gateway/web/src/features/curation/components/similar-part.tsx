import { ImageUp } from "lucide-react";
import { useEffect, useRef, useState, type DragEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Empty, ErrorNotice, Skeleton } from "@/components/ui/notice";
import { MAX_PICTURE_BYTES, useFindSimilarToPicture } from "@/features/curation/api/similar";
import { Card, Cards, type ImageLink } from "@/features/curation/components/card";
import { idOf } from "@/lib/api/client";
import { bytes, count, percent } from "@/lib/format";

interface SimilarPartProps {
  project: string;
  query: string;
  imageLink: ImageLink;
}

/** A picture is dropped or chosen, and the images that are most like it are shown. */
export function SimilarPart({ project, query, imageLink }: SimilarPartProps) {
  const { t } = useTranslation();
  const [text, setText] = useState(query);
  const [file, setFile] = useState<File>();
  const [isOver, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const search = useFindSimilarToPicture(project);
  const isTooLarge = (file?.size ?? 0) > MAX_PICTURE_BYTES;
  const take = (taken: File | undefined) => {
    if (!taken) return;
    setFile(taken);
    search.reset();
    if (taken.size <= MAX_PICTURE_BYTES) search.mutate({ file: taken, query: text.trim() });
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files[0]);
  };
  const found = search.data?.similarImages ?? [];
  return (
    <div className="flex flex-col gap-6 md:flex-row">
      <div className="flex shrink-0 flex-col md:w-72 gap-3 text-sm">
        <Field label={t("curation.of")} placeholder={t("maps.all")} isCode value={text} onChange={(event) => { setText(event.target.value); }} />
        {/* Dropping is a second way beside the button, which has the keyboard's. */}
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
        <section
          aria-label={t("splits.picture")}
          onDragOver={(event) => { event.preventDefault(); setOver(true); }}
          onDragLeave={() => { setOver(false); }}
          onDrop={drop}
          className={`flex flex-col items-center gap-3 rounded-lg border border-dashed p-4 text-center ${isOver ? "border-accent bg-accent-soft" : "border-edge bg-surface"}`}
        >
          {file ? <Preview key={file.name} file={file} /> : <ImageUp className="size-8 text-quiet" aria-hidden />}
          <p className="text-quiet">{t("splits.dropPicture")}</p>
          <Button onClick={() => { input.current?.click(); }}>{t("splits.choosePicture")}</Button>
          <input ref={input} type="file" accept="image/*" aria-label={t("splits.choosePicture")} className="sr-only" tabIndex={-1} onChange={(event) => { take(event.target.files?.[0]); event.target.value = ""; }} />
        </section>
        {file && !isTooLarge && <Button disabled={search.isPending} onClick={() => { take(file); }}>{t("splits.searchAgain")}</Button>}
      </div>
      <div className="flex min-w-0 flex-1 flex-col gap-3">
        {isTooLarge && <p role="alert" className="text-danger">{t("splits.pictureTooLarge", { size: bytes(file?.size), most: bytes(MAX_PICTURE_BYTES) })}</p>}
        <ErrorNotice error={search.error} />
        {search.isPending && <Skeleton className="h-48" />}
        {!file && <Empty title={t("splits.noPicture")}>{t("splits.noPictureHint")}</Empty>}
        {search.isSuccess && <p role="status" className="text-sm text-quiet">{t("splits.searched", { images: count(search.data.searchedCount) })}</p>}
        {search.isSuccess && found.length === 0 && <Empty title={t("similar.none")} />}
        <Cards label={t("similar.title")}>
          {found.map((each) => (
            <Card key={each.image} image={each.image} name={each.fileName} link={imageLink(idOf(each.image))} badge={percent(each.similarity)} />
          ))}
        </Cards>
      </div>
    </div>
  );
}

function Preview({ file }: { file: File }) {
  const picture = useRef<HTMLImageElement>(null);
  useEffect(() => {
    const made = URL.createObjectURL(file);
    if (picture.current) picture.current.src = made;
    return () => { URL.revokeObjectURL(made); };
  }, [file]);
  return (
    <figure className="flex w-full flex-col gap-1">
      <img ref={picture} alt="" className="max-h-40 w-full object-contain" />
      <figcaption className="truncate text-xs text-quiet">{file.name}</figcaption>
    </figure>
  );
}
