import { useRequest } from "../api/use_request.ts";
import type { CatalogEntry } from "../api/types.ts";
import { t } from "../text/text.ts";
import { CheckField } from "../ui/CheckField.tsx";
import { TenantField } from "./TenantField.tsx";

/* Where a role holds: the tenant and all below it, all of its logs and products or only some. */
export type Place = { tenant: string; logs: string[]; products: string[] };

type Props = {
  place: Place;
  onChange: (place: Place) => void;
  /* The pointer of the place in what is sent: "" or "grants/0/". */
  at: string;
  faults: Readonly<Record<string, string>>;
};

export const placePointers = (at: string): string[] => ["tenant", "logs", "products"].map((name) => at + name);

/* As the server takes it: no choice is everything. */
export function sentPlace(place: Place) {
  const chosen = (list: string[]) => (list.length ? list : null);
  return { tenant: place.tenant, logs: chosen(place.logs), products: chosen(place.products) };
}

export function PlaceFields({ place, onChange, at, faults }: Props) {
  const { data: catalog } = useRequest<{ logs: CatalogEntry[]; products: CatalogEntry[] }>("/v1/catalog");
  return (
    <>
      <TenantField
        label={t("admin.tenant")}
        help={t("admin.tenant.help")}
        value={place.tenant}
        onChange={(tenant) => onChange({ ...place, tenant })}
        error={faults[`${at}tenant`]}
      />
      <Limits
        label={t("admin.logs")}
        choices={catalog?.logs ?? []}
        chosen={place.logs}
        onChange={(logs) => onChange({ ...place, logs })}
        error={faults[`${at}logs`]}
      />
      <Limits
        label={t("admin.products")}
        choices={catalog?.products ?? []}
        chosen={place.products}
        onChange={(products) => onChange({ ...place, products })}
        error={faults[`${at}products`]}
      />
    </>
  );
}

type LimitsProps = {
  label: string;
  choices: readonly CatalogEntry[];
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
  error: string | undefined;
};

function Limits({ label, choices, chosen, onChange, error }: LimitsProps) {
  if (choices.length === 0) return null;
  return (
    <fieldset className="field plain-fieldset">
      <legend className="label">{label}</legend>
      <div className="checks">
        {choices.map((choice) => (
          <CheckField
            key={choice.value}
            checked={chosen.includes(choice.value)}
            onChange={(on) =>
              onChange(on ? [...chosen, choice.value] : chosen.filter((value) => value !== choice.value))
            }
          >
            <bdi>{choice.label}</bdi>
          </CheckField>
        ))}
      </div>
      <p className="help">{t("admin.limits.help")}</p>
      {error && <p className="field-error">{error}</p>}
    </fieldset>
  );
}
