/* The shape of texts: a message is a string with {names} to fill in, or one string per plural form of {count}. */

export type Message = string | { readonly one: string; readonly other: string };
export type Texts = Readonly<Record<string, Message>>;

/* The same keys as the English texts, with the same kind of message. */
export type Translation<English extends Texts> = {
  readonly [Key in keyof English]: English[Key] extends string
    ? string
    : { readonly one: string; readonly other: string };
};

type NamesIn<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never;
type NamesOf<M> = M extends string ? NamesIn<M> : M extends { other: infer Other } ? NamesIn<Other> | "count" : never;

/* What must be given to fill a message in: nothing for one without names. */
export type Values<M> = [NamesOf<M>] extends [never] ? [] : [values: Record<NamesOf<M>, string | number>];
