import { useRequest } from "../api/use_request.ts";
import { t } from "../text/text.ts";

type Names = { credits?: { text: string; url?: string }[] };

/* Who made the databases of places: their licences ask that it is said where places are shown. */
export function Credits() {
  const { data } = useRequest<Names>("/v1/catalog");
  if (!data?.credits?.length) return null;
  return (
    <p className="muted credits">
      {data.credits.map(({ text, url }, at) => (
        <span key={text}>
          {at > 0 && " · "}
          {url && /^https?:/.test(url) ? (
            <a href={url} target="_blank" rel="noreferrer noopener" title={t("shell.new_window")}>
              {text}
            </a>
          ) : (
            text
          )}
        </span>
      ))}
    </p>
  );
}
