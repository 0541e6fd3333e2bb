import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import { FieldError } from "react-aria-components/FieldError";
import { Input } from "react-aria-components/Input";
import { Label } from "react-aria-components/Label";
import { Text } from "react-aria-components/Text";
import { TextField } from "react-aria-components/TextField";
import { t } from "../text/text.ts";

type Props = {
  label: string;
  name?: string;
  value: string;
  onChange: (value: string) => void;
  /* A new password, not the one there is. */
  fresh?: boolean;
  help?: string;
  error?: string | undefined;
};

/* A password, hidden unless its eye is pressed. */
export function PasswordField({ label, name, value, onChange, fresh, help, error }: Props) {
  const [shown, setShown] = useState(false);
  const Icon = shown ? EyeOff : Eye;
  const action = shown ? t("account.password.hide") : t("account.password.show");
  return (
    <TextField
      className="field"
      name={name}
      type={shown ? "text" : "password"}
      autoComplete={fresh ? "new-password" : "current-password"}
      value={value}
      onChange={onChange}
      isRequired
      validationBehavior="aria"
      isInvalid={error !== undefined}
    >
      <Label className="label">{label}</Label>
      <span className="with-button">
        <Input className="input" spellCheck={false} autoCapitalize="none" />
        <button
          type="button"
          className="button quiet icon-only"
          aria-label={action}
          title={action}
          onClick={() => setShown(!shown)}
        >
          <Icon size={16} aria-hidden />
        </button>
      </span>
      {help && (
        <Text slot="description" className="help">
          {help}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
    </TextField>
  );
}
