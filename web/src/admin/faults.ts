/* What the server found wrong with a form, brought to its fields. */

export type Fault = { readonly pointer: string; readonly detail: string };

/** The member names of a JSON pointer (RFC 6901): "/grants/0/tenant" is grants, 0, tenant. */
export function pointerNames(pointer: string): string[] {
  if (pointer === "") return [];
  return pointer
    .slice(1)
    .split("/")
    .map((name) => name.replace(/~1/g, "/").replace(/~0/g, "~"));
}

export type SortedFaults = {
  /** By field, the first fault of each. */
  readonly fields: Readonly<Record<string, string>>;
  /** What belongs to no field of this form. */
  readonly others: readonly string[];
};

/** `fields` names the form's fields by pointer without the first slash ("login", "grants/0/tenant"); a fault deeper
    inside a field belongs to it. */
export function sortFaults(faults: readonly Fault[], fields: readonly string[]): SortedFaults {
  const found: Record<string, string> = {};
  const others: string[] = [];
  for (const fault of faults) {
    const names = pointerNames(fault.pointer);
    let field: string | undefined;
    for (let length = names.length; length > 0 && field === undefined; length--) {
      const path = names.slice(0, length).join("/");
      if (fields.includes(path)) field = path;
    }
    if (field === undefined) others.push(fault.detail);
    else found[field] ??= fault.detail;
  }
  return { fields: found, others };
}
