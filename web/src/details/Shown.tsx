import { Fragment, useState } from "react";
import { formatNumber } from "../text/format.ts";
import { t } from "../text/text.ts";
import { cutText, visiblePieces } from "./visible.ts";

type Props = {
  text: string;
  /* Longer text is cut until the reader asks for all of it. */
  max?: number;
};

const usual_max = 600;

/* Text of an event: always as text, isolated in its direction, with what cannot be seen named. */
export function Shown({ text, max = usual_max }: Props) {
  const [all, setAll] = useState(false);
  const drawn = all ? text : cutText(text, max);
  return (
    <>
      <bdi>
        {visiblePieces(drawn).map((piece, i) =>
          piece.hidden ? (
            <span key={i} className="code-point">
              {piece.text}
            </span>
          ) : (
            <Fragment key={i}>{piece.text}</Fragment>
          ),
        )}
      </bdi>
      {drawn.length < text.length && (
        <>
          {"… "}
          <button type="button" className="link-button" onClick={() => setAll(true)}>
            {t("details.value.more", { size: formatNumber(text.length) })}
          </button>
        </>
      )}
    </>
  );
}
