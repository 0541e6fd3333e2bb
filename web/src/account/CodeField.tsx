import { Field } from "../ui/Field.tsx";

type Props = {
  label: string;
  help?: string;
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
  autoFocus?: boolean;
};

/* The digits of an app or a mail; phones offer them by themselves. */
export function CodeField({ ...rest }: Props) {
  return (
    <Field
      {...rest}
      className="field code-field"
      inputMode="numeric"
      autoComplete="one-time-code"
      spellCheck="false"
      maxLength={12}
    />
  );
}
