// What stands in place of a figure whose address is refused. embed.js brings this where one is.

import { isKorean } from "./embed.js";

const TEXT = {
  en: (src, own) => `This figure cannot be shown. src="${src}" is no address of its simulator (${own}). Copy one from its Share dialog.`,
  ko: (src, own) => `그래프를 표시할 수 없습니다. src="${src}"는 시뮬레이터(${own})의 주소가 아닙니다. ‘공유’에서 주소를 복사하세요.`,
};

const STYLE = "align-self: start; margin: 0; padding: 0.5em 0.75em; border-left: 3px solid #b3243b; overflow-wrap: anywhere;";

/** What was written, fit to be shown: no control characters, nothing that turns the text around it, not too long. */
export const shown = (text) => {
  const plain = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain;
};

/** Has `told` say why `element` shows no figure, in its language; its simulator has the address `own`. */
export function tell(told, element, own) {
  told.setAttribute("role", "alert");
  told.style.cssText = STYLE;
  told.textContent = TEXT[isKorean(element) ? "ko" : "en"](shown(element.getAttribute("src") ?? ""), own);
}
