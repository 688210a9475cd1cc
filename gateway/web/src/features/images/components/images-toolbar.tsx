import { PanelLeft, SlidersHorizontal, SquareCheck } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "@/components/ui/button";
import { Select } from "@/components/ui/field";
import { Popover } from "@/components/ui/popover";
import { ORDERS, type Order } from "@/features/images/api/search";
import { SIZES, viewOptions } from "@/features/images/grid/view-options";
import { count } from "@/lib/format";

interface ToolbarProps {
  /** How many match; undefined while nobody knows. */
  total: number | undefined;
  isSideOpen: boolean;
  onSide: () => void;
  order: Order;
  onOrder: (order: Order) => void;
  onAll: () => void;
}

const SHOWN = ["captions", "boxes", "tags"] as const;

export function ImagesToolbar({ total, isSideOpen, onSide, order, onOrder, onAll }: ToolbarProps) {
  const { t } = useTranslation();
  const view = viewOptions.use();
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="flex min-h-8 shrink-0 flex-wrap items-center gap-2">
      <IconButton label={t(isSideOpen ? "images.hideFacets" : "images.showFacets")} icon={PanelLeft} onClick={onSide} />
      <span role="status" className="font-semibold whitespace-nowrap tabular-nums">{total !== undefined && t("images.found", { total: count(total) })}</span>
      {total !== undefined && total > 0 && <Button look="ghost" icon={SquareCheck} onClick={onAll}>{t("images.selectAll", { total: count(total) })}</Button>}
      <span className="grow" />
      <input
        type="range"
        aria-label={t("images.size")}
        title={t("images.size")}
        className="hidden w-24 accent-accent sm:block"
        min={SIZES.min}
        max={SIZES.max}
        step={8}
        value={view.size}
        onChange={(event) => { viewOptions.set({ ...view, size: Number(event.target.value) }); }}
      />
      <Popover label={t("images.view")} align="end" className="w-44 p-3" isOpen={isOpen} onOpen={setOpen} trigger={<Button icon={SlidersHorizontal}>{t("images.view")}</Button>}>
        <div className="flex flex-col gap-2">
          {SHOWN.map((name) => (
            <label key={name} className="flex items-center gap-2">
              <input type="checkbox" className="accent-accent" checked={view[name]} onChange={(event) => { viewOptions.set({ ...view, [name]: event.target.checked }); }} />
              {t(`images.show.${name}`)}
            </label>
          ))}
        </div>
      </Popover>
      <Select aria-label={t("images.order")} value={order} onChange={(event) => { onOrder(event.target.value as Order); }}>
        {ORDERS.map((each) => <option key={each} value={each}>{t(`images.orders.${each}`)}</option>)}
      </Select>
    </div>
  );
}
