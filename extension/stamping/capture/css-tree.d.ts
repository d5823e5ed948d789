// The two parts of css-tree that we use; the package brings no types.
declare module 'css-tree/tokenizer' {
  /** Calls back once per token of CSS Syntax Level 3, in order, without gaps. Never throws. */
  export function tokenize(
    css: string,
    onToken: (type: number, startOffset: number, endOffset: number) => void,
  ): void;
  export const Ident: number;
  export const AtKeyword: number;
  // Named as in the standard; declared apart, because here they would hide the globals of the same names.
  const functionToken: number;
  const stringToken: number;

  export { functionToken as Function, stringToken as String };
  export const Url: number;
  export const WhiteSpace: number;
  export const Colon: number;
  export const Semicolon: number;
  export const LeftParenthesis: number;
  export const RightParenthesis: number;
  export const LeftCurlyBracket: number;
  export const RightCurlyBracket: number;
  export const Comment: number;
}

declare module 'css-tree/utils' {
  interface Codec {
    encode(value: string): string;
    decode(text: string): string;
  }
  /** `url(…)` without quotes. */
  export const url: Codec;
  /** `"…"`, with its quotes. */
  export const string: Codec;
  export const ident: Codec;
}
