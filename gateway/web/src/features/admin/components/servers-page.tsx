import { useInfiniteQuery } from "@tanstack/react-query";
import { Server } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Badge } from "@/components/ui/card";
import { MoreBelow } from "@/components/ui/more-below";
import { Empty, ErrorNotice } from "@/components/ui/notice";
import { modelServersQuery, type ModelServer } from "@/features/admin/api/servers";
import { Table } from "@/features/admin/components/table";

/** Where models run: each server with its node, its devices and what it has loaded. */
export function ServersPage() {
  const { t } = useTranslation();
  const found = useInfiniteQuery(modelServersQuery);
  const servers = found.data?.pages.flatMap((page) => page.modelServers ?? []) ?? [];
  return (
    <div className="flex flex-col gap-3">
      <ErrorNotice error={found.error} />
      {found.isSuccess && servers.length === 0 && <Empty title={t("admin.noServers")} icon={Server}>{t("admin.noServersHint")}</Empty>}
      {servers.length > 0 && (
        <Table label={t("admin.parts.servers")} heads={[t("admin.server"), t("admin.node"), t("admin.devices"), t("admin.state"), t("admin.loaded")]}>
          {servers.map((server) => <ServerRow key={server.displayName} server={server} />)}
        </Table>
      )}
      {found.hasNextPage && <MoreBelow label={t("admin.more")} isBusy={found.isFetchingNextPage} onMore={() => void found.fetchNextPage()} />}
    </div>
  );
}

function ServerRow({ server }: { server: ModelServer }) {
  const { t } = useTranslation();
  const devices = Object.entries(server.accelerators ?? {}).map(([kind, count]) => `${String(count)} × ${kind}`);
  return (
    <tr className="align-top">
      <td className="px-3 py-1.5">{server.displayName}<span className="block text-xs text-quiet">{server.pool}</span></td>
      <td className="px-3 py-1.5 text-quiet">{server.node}</td>
      <td className="px-3 py-1.5">{devices.join(", ") || t("admin.processor")}</td>
      <td className="px-3 py-1.5">
        <Badge tone={server.ready ? "good" : "danger"}>{t(server.ready ? "admin.serverReady" : "admin.serverNotReady")}</Badge>
        {server.fault && <span role="alert" className="mt-1 block max-w-96 text-xs text-danger">{server.fault}</span>}
      </td>
      <td className="px-3 py-1.5">
        <ul>
          {(server.hostedVersions ?? []).map((each) => (
            <li key={each.modelVersion}>{shown(each.modelVersion ?? "")}{!each.ready && <span className="text-quiet"> ({t("admin.loading")})</span>}</li>
          ))}
        </ul>
      </td>
    </tr>
  );
}

/** models/line-3/versions/2 as it is written in queries: line-3@2. */
function shown(modelVersion: string): string {
  const [, model, , version] = modelVersion.split("/");
  return `${model ?? ""}@${version ?? ""}`;
}
