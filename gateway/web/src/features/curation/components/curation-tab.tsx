import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Empty, ErrorNotice } from "@/components/ui/notice";
import { OnlyLooks } from "@/components/ui/only-looks";
import { runsQuery, type Kind } from "@/features/curation/api/runs";
import { selectionsQuery, useDeleteSelection } from "@/features/curation/api/selections";
import type { ImageLink } from "@/features/curation/components/card";
import { DriftPart } from "@/features/curation/components/drift-part";
import { DuplicatesView } from "@/features/curation/components/duplicates-view";
import { OutliersView } from "@/features/curation/components/outliers-view";
import { PastWork } from "@/features/curation/components/past-work";
import { RunForm } from "@/features/curation/components/run-form";
import { SelectForm } from "@/features/curation/components/select-form";
import { SimilarPart } from "@/features/curation/components/similar-part";
import { SplitPart } from "@/features/curation/components/split-part";
import { TeachPart } from "@/features/curation/components/teach-part";
import { SelectionView } from "@/features/curation/components/selection-view";
import { useRights } from "@/lib/api/rights";

const PARTS = ["select", "split", "outliers", "duplicates", "similar", "teach", "drift"] as const;
type Part = (typeof PARTS)[number];

interface CurationTabProps {
  project: string;
  query: string;
  /** Where an image opens. */
  imageLink: ImageLink;
  /** Where the images that match a query are shown. */
  queryLink: ImageLink;
  /** What downloads a split, by its resource name. */
  download: (split: string) => ReactNode;
}

export function CurationTab(props: CurationTabProps) {
  const { t } = useTranslation();
  const [part, setPart] = useState<Part>("select");
  return (
    <section className="flex flex-col gap-4" aria-label={t("tabs.curation")}>
      <div role="group" aria-label={t("curation.what")} className="flex flex-wrap gap-2">
        {PARTS.map((each) => (
          <Button key={each} aria-pressed={each === part} onClick={() => { setPart(each); }}>{t(`curation.parts.${each}`)}</Button>
        ))}
      </div>
      {part === "select" && <SelectPart {...props} />}
      {part === "split" && <SplitPart {...props} />}
      {part === "similar" && <SimilarPart project={props.project} query={props.query} imageLink={props.imageLink} />}
      {part === "outliers" && <RunPart key={part} kind="KIND_OUTLIERS" {...props} />}
      {part === "drift" && <DriftPart project={props.project} queryLink={props.queryLink} />}
      {part === "teach" && <TeachPart project={props.project} queryLink={props.queryLink} />}
      {part === "duplicates" && <RunPart key={part} kind="KIND_DUPLICATES" {...props} />}
    </section>
  );
}

function SelectPart({ project, query, imageLink, queryLink }: CurationTabProps) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const remove = useDeleteSelection(project);
  const found = useQuery(selectionsQuery(project));
  const [wanted, setWanted] = useState("");
  const made = (found.data?.selections ?? []).filter((each) => each.state === "CURATION_STATE_SUCCEEDED");
  const opened = made.find((each) => each.name === wanted) ?? made[0];
  return (
    <div className="flex flex-col gap-6 md:flex-row">
      <div className="flex shrink-0 flex-col md:w-72 gap-4">
        <SelectForm
          project={project}
          query={query}
          onMade={(name) => {
            setWanted(name);
            void cache.invalidateQueries({ queryKey: ["selections", project] });
          }}
        />
        <PastWork project={project} made={made} opened={opened} onOpen={setWanted} remove={remove} />
      </div>
      <div className="flex min-w-0 flex-1 flex-col gap-3">
        <ErrorNotice error={found.error} />
        {found.isSuccess && !opened && <Empty title={t("curation.noSelection")}>{t("curation.noSelectionHint")}</Empty>}
        {opened && <SelectionView key={opened.name} project={project} selection={opened} imageLink={imageLink} queryLink={queryLink} />}
      </div>
    </div>
  );
}

function RunPart({ project, query, kind, imageLink, queryLink }: CurationTabProps & { kind: Kind }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const found = useQuery(runsQuery(project));
  const { mayEdit, onlyLooks } = useRights(project);
  const run = found.data?.curationRuns?.find((each) => each.kind === kind && each.state === "CURATION_STATE_SUCCEEDED");
  const View = kind === "KIND_OUTLIERS" ? OutliersView : DuplicatesView;
  return (
    <div className="flex flex-col gap-6 md:flex-row">
      <div className="shrink-0 md:w-72">
        {mayEdit && <RunForm project={project} kind={kind} query={query} onDone={() => { void cache.invalidateQueries({ queryKey: ["curationRuns", project] }); }} />}
        {onlyLooks && <OnlyLooks />}
      </div>
      <div className="flex min-w-0 flex-1 flex-col gap-3">
        <ErrorNotice error={found.error} />
        {found.isSuccess && !run && <Empty title={t("curation.noRun")}>{t("curation.noRunHint")}</Empty>}
        {run && <View key={run.name} project={project} run={run} imageLink={imageLink} queryLink={queryLink} />}
      </div>
    </div>
  );
}
