import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";

export type ImageLink = (image: string) => Pick<LinkProps, "to" | "params" | "search">;

interface CardProps {
  /** Resource name of the image. */
  image: string | undefined;
  name: string | undefined;
  link: ReturnType<ImageLink>;
  /** In a corner of the picture. */
  badge?: ReactNode;
  /** Why it is here. */
  children?: ReactNode;
}

/** A picture that opens its image, with the reason why it is here. */
export function Card({ image, name, link, badge, children }: CardProps) {
  return (
    <li className="relative rounded-md border border-line bg-surface text-xs">
      <Link {...link} title={name} className="block rounded-md hover:outline-2 hover:outline-accent">
        <img src={`/v1/${image ?? ""}:thumbnail`} alt="" width={256} height={256} loading="lazy" decoding="async" className="aspect-square w-full rounded-t-md bg-canvas object-cover" />
        <span className="block truncate px-2 pt-1 font-medium">{name}</span>
      </Link>
      {badge !== undefined && <span className="pointer-events-none absolute top-2 left-2 rounded bg-surface px-1.5 py-0.5 font-semibold tabular-nums">{badge}</span>}
      {children !== undefined && <p className="px-2 pb-2 text-quiet">{children}</p>}
    </li>
  );
}

/** Cards beside and below each other. */
export function Cards({ label, children }: { label: string; children: ReactNode }) {
  return <ul aria-label={label} className="grid grid-cols-[repeat(auto-fill,minmax(10rem,1fr))] gap-3">{children}</ul>;
}
