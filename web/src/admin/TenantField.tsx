import { useEffect, useState } from "react";
import { ComboBox } from "react-aria-components/ComboBox";
import { FieldError } from "react-aria-components/FieldError";
import { Input } from "react-aria-components/Input";
import { Label } from "react-aria-components/Label";
import { ListBox, ListBoxItem } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import { Text } from "react-aria-components/Text";
import { api } from "../api/client.ts";
import { t } from "../text/text.ts";
import type { Tenant } from "./types.ts";

type Props = {
  label: string;
  help?: string;
  value: string;
  onChange: (tenant: string) => void;
  error?: string | undefined;
};

const shown_max = 20;

/* A tenant's path, completed by the server: there may be 100,000 of them. One that does not exist yet may be typed. */
export function TenantField({ label, help, value, onChange, error }: Props) {
  const found = useTenants(value);
  return (
    <ComboBox
      className="field"
      allowsCustomValue
      menuTrigger="focus"
      inputValue={value}
      onInputChange={onChange}
      items={found}
      validationBehavior="aria"
      isInvalid={error !== undefined}
    >
      <Label className="label">{label}</Label>
      <Input className="input mono" spellCheck={false} autoComplete="off" />
      {help && (
        <Text slot="description" className="help">
          {help}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
      <Popover className="popup">
        <ListBox<Tenant> className="list" aria-label={t("admin.tenants")}>
          {(tenant) => (
            <ListBoxItem id={tenant.tenant} textValue={tenant.tenant} className="list-item">
              <bdi className="list-text mono">{tenant.tenant}</bdi>
              {tenant.display_name && <bdi className="muted">{tenant.display_name}</bdi>}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}

function useTenants(prefix: string): Tenant[] {
  const [found, setFound] = useState<Tenant[]>([]);
  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(() => {
      api.get<{ tenants: Tenant[] }>("/v1/tenants", { prefix, limit: shown_max }, abort.signal).then(
        (answer) => setFound(answer.tenants),
        () => undefined, // completion is a help: without it the path is typed
      );
    }, 120);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [prefix]);
  return found;
}
