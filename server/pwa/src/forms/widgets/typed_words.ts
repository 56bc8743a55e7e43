// How typed answers look when nobody is typing. Pure.

/** 1234567.5 → 1,234,567.5; what is no number stays as it is. */
export function grouped(text: string): string {
  const match = /^([+-]?)(\d+)(\.\d*)?$/.exec(text);
  return match ? `${match[1]}${match[2]!.replace(/\B(?=(\d{3})+$)/g, ',')}${match[3] ?? ''}` : text;
}

/** The separators that people type with it, of either keyboard, taken out again. */
export function ungrouped(raw: string): string {
  return raw.replace(/[,，'\s\u00a0]/g, '');
}

/** An address that can be opened; "" when it is none. */
export function openable(text: string): string {
  const address = /^https?:\/\//i.test(text.trim()) ? text.trim() : /^[\w-]+(\.[\w-]+)+(\/\S*)?$/.test(text.trim()) ? `https://${text.trim()}` : '';
  return URL.canParse(address) ? address : '';
}
