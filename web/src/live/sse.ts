/* Server-sent events out of pieces of text, as the HTML standard parses them. */

export type Message = { event: string; id: string; data: string };
export type Parser = {
  /* Each message once its blank line came. */
  push: (piece: string) => Message[];
  /* The last one whose message came whole: from there a new connection goes on. */
  readonly id: string;
};

export function parser(): Parser {
  let rest = "";
  let id = "";
  let next_id = "";
  let event = "";
  let data: string[] = [];

  function line(text: string): Message | undefined {
    if (text === "") {
      id = next_id;
      const message = { event: event || "message", id, data: data.join("\n") };
      const empty = data.length === 0 && event === "";
      [event, data] = ["", []];
      return empty ? undefined : message;
    }
    const colon = text.indexOf(":");
    const name = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, "");
    if (name === "data") data.push(value);
    else if (name === "event") event = value;
    else if (name === "id") next_id = value;
    return undefined;
  }

  return {
    push(piece) {
      const lines = (rest + piece).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop()!;
      return lines.flatMap((text) => line(text) ?? []);
    },
    get id() {
      return id;
    },
  };
}
