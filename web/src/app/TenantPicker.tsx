import { useMemo, useState } from "react";
import type { Tenants } from "../api/types.ts";
import { useRequest } from "../api/use_request.ts";
import { t } from "../text/text.ts";
import { PickList } from "../ui/PickList.tsx";
import { useDelayed } from "../ui/use_delayed.ts";

type Props = {
  chosen: string;
  /* The tenant that stands for all that the reader may see; "" where no single one does. */
  root: string;
  onChoose: (tenant: string) => void;
};

/* The tenants within the reader's grants, found by the beginning of their path. */
export default function TenantPicker({ chosen, root, onChoose }: Props) {
  const everything = root || "/";
  const [typed, setTyped] = useState("");
  const prefix = useDelayed(typed.trim());
  const { data } = useRequest<Tenants>("/v1/tenants", { prefix, limit: 100 });
  const sections = useMemo(() => {
    const options = (data?.tenants ?? []).map(({ tenant, display_name }) => ({
      id: tenant,
      text: tenant,
      ...(display_name ? { detail: display_name } : {}),
    }));
    return [
      {
        title: t("shell.tenant"),
        options:
          prefix || options.some(({ id }) => id === everything)
            ? options
            : [{ id: everything, text: root || t("shell.tenant.all") }, ...options],
      },
    ];
  }, [data, prefix, root, everything]);
  return (
    <PickList
      label={t("shell.tenant")}
      placeholder={t("shell.tenant.search")}
      empty={t("shell.tenant.none")}
      sections={sections}
      chosen={chosen || everything}
      onSearch={setTyped}
      onChoose={(id) => onChoose(id === everything ? "" : id)}
    />
  );
}
