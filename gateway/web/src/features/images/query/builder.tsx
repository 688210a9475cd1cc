import { useQuery } from "@tanstack/react-query";
import { ListTree, Plus, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Input, Select } from "@/components/ui/field";
import { keysQuery } from "@/features/images/api/choices";
import { facetsQuery } from "@/features/images/api/search";
import { SuggestInput } from "@/features/images/bulk/suggest-input";
import { OPERATORS, toGroup, toQuery, type Condition, type Group, type Item, type Mode, type Operator } from "@/features/images/query/builder-model";
import { useFieldName } from "@/features/images/query/use-field-name";

const FIELDS = ["label", "conf", "truth", "tag", "is", "line", "station", "camera", "lot", "serial", "recipe", "verdict", "model", "outlier", "brightness", "contrast", "sharpness", "at", "uploaded", "name", "format", "width", "height"];
// Of these a project has values to propose.
const LISTED = ["label", "truth", "tag", "is", "line", "station", "camera", "lot", "recipe", "verdict", "model", "format"];
const MODES: readonly Mode[] = ["all", "any", "none"];
const OPERATOR_NAMES = { ":": "is", "!=": "isNot", "<": "below", "<=": "atMost", ">": "above", ">=": "atLeast" } as const;
const EMPTY: Condition = { kind: "condition", field: "label", operator: ":", value: "" };

interface BuilderProps {
  project: string;
  query: string;
  onQuery: (query: string) => void;
}

/** Builds a search out of choices: groups of conditions with AND, OR and NOT. */
export function BuilderButton({ project, query, onQuery }: BuilderProps) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <IconButton label={t("images.builder")} icon={ListTree} className="size-9 border border-line" onClick={() => { setOpen(true); }} />
      <Dialog isWide title={t("images.builder")} description={t("images.builderHint")} isOpen={isOpen} onClose={() => { setOpen(false); }}>
        <Builder project={project} query={query} onQuery={(next) => { setOpen(false); onQuery(next); }} />
      </Dialog>
    </>
  );
}

function Builder({ project, query, onQuery }: BuilderProps) {
  const { t } = useTranslation();
  const [group, setGroup] = useState(() => {
    const read = toGroup(query);
    return read.items.length > 0 ? read : { ...read, items: [EMPTY] };
  });
  const text = toQuery(group);
  return (
    <form className="flex flex-col gap-4" onSubmit={(event) => { event.preventDefault(); onQuery(text); }}>
      <GroupEditor project={project} group={group} onChange={setGroup} />
      <div className="flex items-center gap-3">
        <code className="min-w-0 grow truncate rounded-md bg-sunken px-2 py-1.5 text-xs">{text || "–"}</code>
        <Button type="submit" look="primary">{t("images.search")}</Button>
      </div>
    </form>
  );
}

function GroupEditor({ project, group, onChange, onRemove }: { project: string; group: Group; onChange: (group: Group) => void; onRemove?: () => void }) {
  const { t } = useTranslation();
  const names = { all: t("images.allOf"), any: t("images.anyOf"), none: t("images.noneOf") };
  const replace = (index: number, item: Item) => { onChange({ ...group, items: group.items.map((each, number) => (number === index ? item : each)) }); };
  const remove = (index: number) => { onChange({ ...group, items: group.items.filter((_, number) => number !== index) }); };
  const add = (item: Item) => { onChange({ ...group, items: [...group.items, item] }); };
  return (
    <fieldset className="flex min-w-0 flex-col gap-2 rounded-lg border border-line p-3">
      <legend className="sr-only">{names[group.mode]}</legend>
      <div className="flex flex-wrap items-center gap-2">
        <Select aria-label={t("images.addGroup")} value={group.mode} onChange={(event) => { onChange({ ...group, mode: event.target.value as Mode }); }}>
          {MODES.map((mode) => <option key={mode} value={mode}>{names[mode]}</option>)}
        </Select>
        <span className="grow" />
        <Button look="ghost" icon={Plus} onClick={() => { add(EMPTY); }}>{t("images.addCondition")}</Button>
        <Button look="ghost" icon={Plus} onClick={() => { add({ kind: "group", mode: "any", items: [EMPTY] }); }}>{t("images.addGroup")}</Button>
        {onRemove && <IconButton label={t("images.removeGroup")} icon={X} onClick={onRemove} />}
      </div>
      {group.items.map((item, index) => {
        if (item.kind === "group") return <GroupEditor key={index} project={project} group={item} onChange={(next) => { replace(index, next); }} onRemove={() => { remove(index); }} />;
        return (
          <div key={index} className="flex flex-wrap items-center gap-2">
            {item.kind === "condition"
              ? <ConditionEditor project={project} condition={item} onChange={(next) => { replace(index, next); }} />
              : <Input aria-label={t("images.addCondition")} className="grow font-mono" value={item.text} onChange={(event) => { replace(index, { kind: "written", text: event.target.value }); }} />}
            <IconButton label={t("images.removeCondition")} icon={X} onClick={() => { remove(index); }} />
          </div>
        );
      })}
    </fieldset>
  );
}

function ConditionEditor({ project, condition, onChange }: { project: string; condition: Condition; onChange: (condition: Condition) => void }) {
  const { t } = useTranslation();
  const fieldName = useFieldName();
  const keys = useQuery(keysQuery(project)).data ?? [];
  const { field, operator, value } = condition;
  const values = useQuery({ ...facetsQuery(project, "", [field]), enabled: LISTED.includes(field) || field.startsWith("meta.") });
  const others = keys.filter((key) => !FIELDS.includes(key.toLowerCase()) && /^[\p{L}\p{N}_]+$/u.test(key)).map((key) => `meta.${key}`);
  const fields = [...new Set([...FIELDS, ...others, field])];
  const suggestions = values.data?.facets?.[0]?.values?.map((each) => each.value ?? "") ?? [];
  return (
    <>
      <Select aria-label={t("images.field")} className="w-36" value={field} onChange={(event) => { onChange({ ...condition, field: event.target.value, value: "" }); }}>
        {fields.map((each) => <option key={each} value={each}>{fieldName(each)}</option>)}
      </Select>
      <Select aria-label={t("images.operator")} className="w-28" value={operator} onChange={(event) => { onChange({ ...condition, operator: event.target.value as Operator }); }}>
        {OPERATORS.map((each) => <option key={each} value={each}>{t(`images.ops.${OPERATOR_NAMES[each]}`)}</option>)}
      </Select>
      <SuggestInput label={t("images.value")} suggestions={suggestions} className="h-8 min-w-32 grow" value={value} onChange={(event) => { onChange({ ...condition, value: event.target.value }); }} />
    </>
  );
}
