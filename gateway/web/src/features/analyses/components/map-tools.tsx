import { BoxSelect, Camera, FileImage, Hand, Lasso, Maximize, Shapes, SquareDashedMousePointer, ZoomIn, ZoomOut } from "lucide-react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/components/ui/button";
import { Menu, MenuItem } from "@/components/ui/menu";
import type { Tool } from "@/features/analyses/components/map-view";

const TOOLS = [
  { tool: "move", icon: Hand },
  { tool: "lasso", icon: Lasso },
  { tool: "box", icon: BoxSelect },
] as const;

interface MapToolsProps {
  tool: Tool;
  onTool: (tool: Tool) => void;
  onZoom: (factor: number) => void;
  onReset: () => void;
  onSelectShown: () => void;
  onPicture: (form: PictureForm) => void;
}

/** Pixels, or points that stay sharp at any size. */
export type PictureForm = "png" | "svg";

/** What can be done with the picture, over its corner. */
export function MapTools({ tool, onTool, onZoom, onReset, onSelectShown, onPicture }: MapToolsProps) {
  const { t } = useTranslation();
  return (
    <div role="toolbar" aria-label={t("maps.tools")} className="absolute top-2 left-2 z-10 flex flex-col rounded-lg bg-raised p-0.5 shadow-raised">
      {TOOLS.map((each) => (
        <IconButton key={each.tool} label={t(`maps.tool.${each.tool}`)} icon={each.icon} aria-pressed={tool === each.tool} onClick={() => { onTool(each.tool); }} />
      ))}
      <IconButton label={t("maps.selectShown")} icon={SquareDashedMousePointer} onClick={onSelectShown} />
      <span className="mx-1 my-0.5 h-px bg-line" />
      <IconButton label={t("maps.zoomIn")} shortcut="+" icon={ZoomIn} onClick={() => { onZoom(1.4); }} />
      <IconButton label={t("maps.zoomOut")} shortcut="-" icon={ZoomOut} onClick={() => { onZoom(1 / 1.4); }} />
      <IconButton label={t("maps.reset")} shortcut="0" icon={Maximize} onClick={onReset} />
      <span className="mx-1 my-0.5 h-px bg-line" />
      <Menu trigger={<IconButton label={t("maps.picture")} icon={Camera} />}>
        <MenuItem icon={FileImage} onSelect={() => { onPicture("png"); }}>{t("maps.png")}</MenuItem>
        <MenuItem icon={Shapes} onSelect={() => { onPicture("svg"); }}>{t("maps.svg")}</MenuItem>
      </Menu>
    </div>
  );
}
