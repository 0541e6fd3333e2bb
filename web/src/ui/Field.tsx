import { FieldError } from "react-aria-components/FieldError";
import { Input } from "react-aria-components/Input";
import { Label } from "react-aria-components/Label";
import { Text } from "react-aria-components/Text";
import { TextField, type TextFieldProps } from "react-aria-components/TextField";

type Props = Omit<TextFieldProps, "children"> & {
  label: string;
  help?: string;
  /* Why the value was refused. */
  error?: string | undefined;
  placeholder?: string;
};

/* A labelled line of text with help and error beside it. An error does not keep the form from being sent again: the server judges. */
export function Field({ label, help, error, placeholder, className = "field", ...rest }: Props) {
  return (
    <TextField {...rest} className={className} validationBehavior="aria" isInvalid={error !== undefined}>
      <Label className="label">{label}</Label>
      <Input className="input" placeholder={placeholder} />
      {help && (
        <Text slot="description" className="help">
          {help}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
    </TextField>
  );
}
