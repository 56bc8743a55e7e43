// Words with Markdown in them: what may be shown of it, and the same words without it. Pure. The engine reads the Markdown (ODK's kind of it).

/** A piece of text, or an element around pieces. No HTML of the form's ever reaches the page: only these elements do. */
export type Markup = string | { tag: Tag; inside: Markup[]; href?: string; style?: Style };
export type Tag = 'p' | 'span' | 'strong' | 'em' | 'u' | 'a' | 'br' | 'ul' | 'ol' | 'li' | 'heading' | 'subheading';
export interface Style {
  color?: string;
  align?: 'center' | 'left' | 'right';
}

/** The engine's reading of some words (its MarkdownNode). */
export interface EngineMarkup {
  role: 'parent' | 'child' | 'line-break' | 'html';
  elementName?: string;
  children?: EngineMarkup[];
  value?: string;
  unsafeHtml?: string;
  url?: string;
  properties?: { style: Record<string, string | undefined> } | undefined;
}

const TAGS: Record<string, Tag> = {
  p: 'p', div: 'p', span: 'span', strong: 'strong', em: 'em', u: 'u', a: 'a', br: 'br', ul: 'ul', ol: 'ol', li: 'li',
  h1: 'heading', h2: 'heading', h3: 'subheading', h4: 'subheading', h5: 'subheading', h6: 'subheading',
};
const SAFE_ADDRESS = /^(https?:|tel:|mailto:|sms:)/i;
const LOOKS_LIKE_MARKDOWN = /[*_`<[\]\\&]|\n|^\s*(#|[-+]\s|\d+[.)]\s)/;

/** Most words have no Markdown in them and need not be read for it. */
export function isPlain(text: string): boolean {
  return !LOOKS_LIKE_MARKDOWN.test(text);
}

/** What may be shown. Only addresses that a phone can follow are links; HTML that is none of ODK's is shown as the text that it is. */
export function markupOf(nodes: readonly EngineMarkup[]): Markup[] {
  return nodes.flatMap((node): Markup[] => {
    if (node.role === 'child') return [node.value ?? ''];
    if (node.role === 'line-break') return [{ tag: 'br', inside: [] }];
    if (node.role === 'html') return htmlAsText(node.unsafeHtml ?? '');
    const inside = markupOf(node.children ?? []);
    const tag = TAGS[node.elementName ?? ''] ?? 'span';
    if (tag === 'a') return node.url && SAFE_ADDRESS.test(node.url) ? [{ tag, inside, href: node.url }] : inside;
    const style = styleOf(node.properties?.style);
    return [{ tag, inside, ...(style ? { style } : {}) }];
  });
}

export function textOfMarkup(nodes: readonly Markup[]): string {
  return nodes.map((node) => (typeof node === 'string' ? node : node.tag === 'br' ? '\n' : textOfMarkup(node.inside))).join('');
}

/** A label on one line of plain words, for lists and names that are read aloud. */
export function plain(label: string): string {
  return label
    .replace(/<\/?(span|div|p|u|i|em|b|strong|br)\b[^>]*>/gi, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/^\s*#+\s*/gm, '')
    .replace(/\*\*|__|\*(?=\S)|(?<=\S)\*/g, '')
    .replace(/\\([*_#\\])/g, '$1')
    .replace(/\s*\n\s*/g, ' ')
    .trim();
}

function htmlAsText(html: string): Markup[] {
  if (/^<br\s*\/?>$/i.test(html.trim())) return [{ tag: 'br', inside: [] }];
  return /^<!--|^<\/?(span|div|p|u|i|em|b|strong)\b/i.test(html.trim()) ? [] : [html];
}

function styleOf(style: Record<string, string | undefined> | undefined): Style | null {
  if (!style) return null;
  const color = style.color && /^(#[0-9a-f]{3,8}|[a-z]+)$/i.test(style.color) ? style.color : undefined;
  const align = style['text-align'] as Style['align'];
  return color || align ? { ...(color ? { color } : {}), ...(align ? { align } : {}) } : null;
}
