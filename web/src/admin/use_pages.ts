import { useEffect, useState } from "react";
import type { Query } from "../api/client.ts";
import { type Loading, useRequest } from "../api/use_request.ts";

export type Pages<T> = Loading<T> & {
  number: number;
  more: boolean;
  next: () => void;
  previous: () => void;
};

const page_size = 25;

/* A list that the server gives in pages, each of which names where the next begins. A change of the query begins anew. */
export function usePages<T extends { next: string | null }>(path: string, query: Query): Pages<T> {
  const [starts, setStarts] = useState<string[]>([""]);
  const key = JSON.stringify(query);
  const [asked, setAsked] = useState(key);
  const begins = asked === key ? starts : [""];
  useEffect(() => {
    if (asked === key) return;
    setAsked(key);
    setStarts([""]);
  }, [asked, key]);
  const loading = useRequest<T>(path, { ...query, limit: page_size, after: begins[begins.length - 1] ?? "" });
  const following = loading.data?.next ?? null;
  return {
    ...loading,
    number: begins.length,
    more: following !== null && !loading.loading,
    next: () => {
      if (following !== null) setStarts([...begins, following]);
    },
    previous: () => setStarts(begins.slice(0, -1)),
  };
}
