import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { ErrorNotice, Progress } from "@/components/ui/notice";
import { Scroll } from "@/components/ui/scroll";
import { useDeleteHead, useUseHead, type Head } from "@/features/curation/api/heads";
import type { ImageLink } from "@/features/curation/components/card";
import { idOf } from "@/lib/api/client";
import { useOperation } from "@/lib/api/use-operation";
import { useRights } from "@/lib/api/rights";
import { count, percent, time } from "@/lib/format";
import { faultText } from "@/lib/i18n/fault-text";

interface HeadViewProps {
  project: string;
  head: Head;
  queryLink: ImageLink;
}

/** One version of a head: how good it is, and what can be done with it. */
export function HeadView({ project, head, queryLink }: HeadViewProps) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const use = useUseHead(project, idOf(head.name));
  const remove = useDeleteHead(project);
  const { mayEdit } = useRights(project);
  const work = useOperation(() => { void cache.invalidateQueries(); });
  const model = `${head.model ?? ""}@${String(head.version ?? 0)}`;
  const isTaught = head.state === "STATE_SUCCEEDED";
  const start = (asVerdict: boolean) => { use.mutate(asVerdict, { onSuccess: work.start }); };
  return (
    <article aria-label={model} className="flex flex-col gap-2 rounded-lg border border-line bg-surface p-4 text-sm">
      <header className="flex flex-wrap items-center gap-2">
        <h3 className="font-medium">{model}</h3>
        {head.inUse && <Mark>{t("teach.inUse")}</Mark>}
        {head.isVerdict && <Mark>{t("teach.verdict")}</Mark>}
        {!isTaught && <Mark>{t(`teach.states.${head.state === "STATE_RUNNING" || head.state === "STATE_CANCELLED" ? head.state : "STATE_FAILED"}`)}</Mark>}
        <span className="text-quiet">{time(head.createTime)}</span>
      </header>
      {head.failure?.message && <p className="text-danger">{faultText(head.failure)}</p>}
      {head.figures && <Figures figures={head.figures} />}
      <ErrorNotice error={use.error ?? work.error ?? remove.error} />
      {work.isRunning && <Progress value={work.fraction} label={t("curation.running")} />}
      <div className="flex flex-wrap gap-2">
        {isTaught && <Link {...queryLink(`model:${model}`)} className="text-accent hover:underline">{t("teach.show")}</Link>}
        {mayEdit && isTaught && !head.inUse && <Button disabled={work.isRunning} onClick={() => { start(false); }}>{t("teach.use")}</Button>}
        {mayEdit && isTaught && <Button disabled={work.isRunning} onClick={() => { start(!head.isVerdict); }}>{t(head.isVerdict ? "teach.noVerdict" : "teach.asVerdict")}</Button>}
        {mayEdit && <Button look="danger" onClick={() => { remove.mutate(idOf(head.name)); }}>{t("maps.delete")}</Button>}
      </div>
    </article>
  );
}

function Mark({ children }: { children: string }) {
  return <span className="rounded bg-sunken px-1.5 py-0.5 text-xs font-medium">{children}</span>;
}

function Figures({ figures }: { figures: NonNullable<Head["figures"]> }) {
  const { t } = useTranslation();
  const classes = figures.classes ?? [];
  const cells = figures.confusion ?? [];
  return (
    <>
      <p>{t("teach.figures", { balanced: percent(figures.balancedAccuracy), accuracy: percent(figures.accuracy), f1: percent(figures.macroF1), labels: count(figures.labelCount) })}</p>
      {cells.length > 0 && (
        <Scroll label={t("teach.confusion")}>
          <table className="text-xs tabular-nums">
            <caption className="text-left text-quiet">{t("teach.confusion")}</caption>
            <thead>
              <tr>
                <td />
                {classes.map((each) => <th key={each.displayName} scope="col" className="px-2 py-1 font-medium">{each.displayName}</th>)}
                <th scope="col" className="px-2 py-1 font-medium">{t("teach.found")}</th>
              </tr>
            </thead>
            <tbody>
              {classes.map((each, row) => (
                <tr key={each.displayName}>
                  <th scope="row" className="py-1 pr-2 text-left font-medium">{each.displayName}</th>
                  {classes.map((said, column) => <td key={said.displayName} className={`px-2 py-1 text-right ${row === column ? "font-semibold" : "text-quiet"}`}>{count(cells[row * classes.length + column])}</td>)}
                  <td className="px-2 py-1 text-right">{percent(each.recall)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </>
  );
}
