import { useMemo, useState } from "react";
import { localZone } from "../state/settings.ts";
import { zoneOffset } from "../text/format.ts";
import { t } from "../text/text.ts";
import { type Option, PickList } from "../ui/PickList.tsx";

type Props = { chosen: string; onChoose: (zone: string) => void };

const american = ["America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"];

/* UTC, this device's zone and those of the United States on top, then every zone there is. */
export default function ZonePicker({ chosen, onChoose }: Props) {
  const [sections] = useState(zoneSections);
  return (
    <PickList
      label={t("shell.zone")}
      placeholder={t("shell.zone.search")}
      empty={t("shell.zone.none")}
      sections={useMemo(() => sections, [sections])}
      chosen={chosen}
      onChoose={onChoose}
    />
  );
}

function zoneSections() {
  const local = localZone();
  const usual = [...new Set(["UTC", local, ...american])];
  const rest = Intl.supportedValuesOf("timeZone").filter((zone) => !usual.includes(zone));
  return [
    { title: t("shell.zone.usual"), options: usual.map((zone) => zoneOption(zone, local)) },
    { title: t("shell.zone.all"), options: rest.map((zone) => zoneOption(zone, local)) },
  ];
}

function zoneOption(zone: string, local: string): Option {
  const name = zone.replaceAll("_", " ");
  return { id: zone, text: zone === local ? t("shell.zone.local", { zone: name }) : name, detail: zoneOffset(zone) };
}
