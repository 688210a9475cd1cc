import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Scroll } from "@/components/ui/scroll";
import type { Measurement } from "@/features/quality/api/evaluation";
import type { Target } from "@/features/quality/components/quality-tab";
import { count } from "@/lib/format";
import { faultText } from "@/lib/i18n/fault-text";

export interface CellLinks {
  queryLink: (query: string) => Target;
  /** Finds out what opens exactly the images of a cell, where its own query does not; undefined where it does. */
  findQuery?: ((cell: Cell) => Promise<string>) | undefined;
}

interface MatrixProps extends CellLinks {
  title: string;
  measurement: Measurement;
}

const MOST_SQUARE = 30;

export type Cell = NonNullable<Measurement["cells"]>[number];

/** Labels down, predictions across; each cell opens its images. Darker is more of its row. */
export function Matrix({ title, measurement, ...links }: MatrixProps) {
  const { t } = useTranslation();
  const cells = measurement.cells ?? [];
  const [rows, columns] = sidesOf(cells);
  const byPlace = new Map(cells.map((each) => [JSON.stringify([each.truth ?? "", each.predicted ?? ""]), each]));
  const shown = (name: string) => name || t("quality.background");
  return (
    <Scroll label={`${title}: ${t("quality.matrix")}`} className="max-w-full">
      <table className="border-separate border-spacing-0.5 text-xs" aria-label={`${title}: ${t("quality.matrix")}`}>
        <thead>
          <tr>
            <td className="pr-2 text-right text-2xs text-quiet">{t("quality.truth")} ↓ {t("quality.predicted")} →</td>
            {columns.map((name) => <th key={name} scope="col" className="max-w-24 truncate px-1 pb-1 align-bottom font-medium" title={shown(name)}>{shown(name)}</th>)}
          </tr>
        </thead>
        <tbody>
          {rows.map((truth) => {
            const total = cells.filter((each) => (each.truth ?? "") === truth).reduce((sum, each) => sum + Number(each.count ?? 0), 0);
            return (
              <tr key={truth}>
                <th scope="row" className="max-w-32 truncate pr-2 text-right font-medium" title={shown(truth)}>{shown(truth)}</th>
                {columns.map((predicted) => (
                  <Place key={predicted} cell={byPlace.get(JSON.stringify([truth, predicted]))} total={total} isRight={truth === predicted} truth={shown(truth)} predicted={shown(predicted)} {...links} />
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}

/** Names down and across: the same on both sides, so that what is right lies on the diagonal, unless that is too many. */
function sidesOf(cells: readonly Cell[]): [string[], string[]] {
  const truths = cells.map((each) => each.truth ?? "");
  const predictions = cells.map((each) => each.predicted ?? "");
  const classes = new Set([...truths, ...predictions].filter((name) => name !== ""));
  const shared = classes.size > MOST_SQUARE ? [] : [...classes];
  return [inOrder([...shared, ...truths]), inOrder([...shared, ...predictions])];
}

/** Each name once; nothing comes last. */
function inOrder(names: readonly string[]): string[] {
  return [...new Set(names)].sort((one, other) => (one === "" ? 1 : other === "" ? -1 : one.localeCompare(other)));
}

interface PlaceProps extends CellLinks {
  cell: Cell | undefined;
  total: number;
  isRight: boolean;
  truth: string;
  predicted: string;
}

function Place({ cell, total, isRight, truth, predicted, queryLink, findQuery }: PlaceProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const open = useMutation({ mutationFn: (find: () => Promise<string>) => find(), onSuccess: (query) => void navigate(queryLink(query)) });
  const share = total > 0 ? Number(cell?.count ?? 0) / total : 0;
  const colour = isRight ? "var(--color-good)" : "var(--color-danger)";
  const style = { background: `color-mix(in oklab, ${colour} ${Math.round(share * 45)}%, var(--color-sunken))` };
  const look = "block h-8 min-w-12 rounded-sm px-1 text-center leading-8 tabular-nums";
  if (!cell) return <td><span className={`${look} bg-sunken text-quiet`} aria-hidden>·</span></td>;
  const text = t("quality.cell", { truth, predicted, count: count(cell.count) });
  return (
    <td>
      {findQuery
        ? <button type="button" disabled={open.isPending} onClick={() => { open.mutate(() => findQuery(cell)); }} className={`${look} w-full hover:outline-2 hover:outline-accent`} style={style} title={open.error ? faultText(open.error) : text} aria-label={text}>{count(cell.count)}</button>
        : cell.query ? <Link {...queryLink(cell.query)} className={`${look} hover:outline-2 hover:outline-accent`} style={style} title={text} aria-label={text}>{count(cell.count)}</Link>
        : <span className={look} style={style} title={text}>{count(cell.count)}</span>}
    </td>
  );
}
