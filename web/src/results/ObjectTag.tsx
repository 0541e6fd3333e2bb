import { type Catalog, entryOf, labelOf } from "../api/catalog.ts";
import { Value } from "../ui/Value.tsx";

/* The kind of thing that was acted on, as an outlined tag in the colour of its category. */
export function ObjectTag({ type, catalog }: { type: string; catalog: Catalog | undefined }) {
  return (
    <span className={`tag ${entryOf(catalog?.objects, type)?.color ?? "grey"}`}>
      <Value text={labelOf(catalog?.objects, type)} />
    </span>
  );
}
