import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { imageSearchOf, toAddress } from "@/app/image-search";
import type { ProjectSearch } from "@/app/search";
import { ImagePage } from "@/features/images/page/image-page";

/** An image's own page, within the search that led to it. */
export function ImageView({ project, image, search }: { project: string; image: string; search: ProjectSearch }) {
  const navigate = useNavigate();
  const { query = "", order, off } = search;
  const found = useMemo(() => imageSearchOf({ query, ...(order && { order }) }), [query, order]);
  const address = toAddress({ ...found, off: off ?? [] });
  return (
    <ImagePage
      project={project}
      id={image}
      search={found}
      // The way back leads to the grid, not through all the images in between.
      onOpen={(next) => void navigate({ to: "/projects/$project/images/$image", params: { project, image: next }, search: address, replace: true })}
      onBack={() => void navigate({ to: "/projects/$project", params: { project }, search: address })}
    />
  );
}
