/** What moves a terminal's cursor, ends a line or turns its direction: others' words must not forge results or entries. */
export const terminalControl = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;
