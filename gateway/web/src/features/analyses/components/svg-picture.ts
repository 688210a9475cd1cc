import type { Dots } from "@/features/analyses/components/dots";
import { layOut, type LegendLine } from "@/features/analyses/components/picture";

interface SvgParts {
  dots: Dots[];
  /** Of the map, in pixels. */
  width: number;
  height: number;
  /** Diameter of a point in pixels. */
  diameter: number;
  title: string;
  legend: LegendLine[];
}

const SIZES = { marked: 1.5, plain: 1, faded: 0.75 } as const;
/** Share of the background that fading mixes in, as on the screen. */
const FADING = 0.28;

/** The map with its title and legend as an SVG, in the colours of the page: points, not pixels. */
export function makeSvg({ dots, width, height, diameter, title, legend }: SvgParts): Blob {
  const style = getComputedStyle(document.body);
  const layout = layOut(width, height, legend.length);
  const text = (x: number, y: number, content: string, more = "") => `<text x="${number(x)}" y="${number(y)}"${more}>${escaped(content)}</text>`;
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${number(width)}" height="${number(layout.height)}" viewBox="0 0 ${number(width)} ${number(layout.height)}" font-family="${escaped(style.fontFamily)}" font-size="13" fill="${escaped(style.color)}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" fill="${escaped(style.backgroundColor)}"/>`,
    text(layout.title.x, layout.title.y, title, ' font-size="15" font-weight="600"'),
    `<g transform="translate(0 ${number(layout.top)})" fill="none" stroke-linecap="round">`,
    ...dots.map(({ color, emphasis, places }) => {
      const size = number(Math.max(diameter * SIZES[emphasis], 1));
      // A line of no length with round ends is a disc: the shortest way to write very many.
      return `<path stroke="${color}" stroke-width="${size}"${emphasis === "faded" ? ` opacity="${number(FADING)}"` : ""} d="${places.map(([x, y]) => `M${number(x)} ${number(y)}h0`).join("")}"/>`;
    }),
    "</g>",
    ...legend.flatMap(({ entry, label }, index) => {
      const { x, y } = layout.line(index);
      return [`<circle cx="${number(x + 5)}" cy="${number(y - 4)}" r="5" fill="${entry.color}"/>`, text(x + 16, y, label)];
    }),
    "</svg>",
  ];
  return new Blob([lines.join("\n")], { type: "image/svg+xml" });
}

function number(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${String(sign.charCodeAt(0))};`);
}
