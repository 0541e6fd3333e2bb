/* The time zone in which everything is shown: the address's where it names one, else the one chosen in this browser. */
import { currentAddress, navigate, useAddress } from "../app/router.tsx";
import { changeSettings, isZone, useSettings } from "./settings.ts";

export function useZone(): string {
  const { params } = useAddress();
  const { zone } = useSettings();
  const named = params.get("tz");
  return named && isZone(named) ? named : zone;
}

export function chooseZone(zone: string): void {
  changeSettings({ zone });
  const [path = "/", query] = currentAddress().split("?");
  const params = new URLSearchParams(query);
  if (!params.has("tz")) return;
  params.set("tz", zone);
  navigate(`${path}?${params.toString()}`, { replace: true });
}
