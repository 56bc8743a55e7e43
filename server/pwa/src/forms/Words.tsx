// A form's words with their Markdown, made of elements: no HTML of a form is ever parsed by the page.
import { createMemo, For, type JSX } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import type { Markup, Tag } from './markup.ts';

const ELEMENTS: Record<Tag, keyof JSX.IntrinsicElements> = {
  p: 'span', span: 'span', strong: 'strong', em: 'em', u: 'u', a: 'a', br: 'br', ul: 'ul', ol: 'ol', li: 'li', heading: 'span', subheading: 'span',
};

export function Words(props: { of: Markup[] }) {
  // Most of the time it is one piece of plain text, and nothing is made anew while that stays.
  const words = createMemo(() => props.of, undefined, { equals: (a, b) => a.length === 1 && b.length === 1 && typeof a[0] === 'string' && a[0] === b[0] });
  return <For each={words()}>{(piece) => <Piece of={piece} />}</For>;
}

function Piece(props: { of: Markup }) {
  const piece = props.of;
  if (typeof piece === 'string') return <>{piece}</>;
  if (piece.tag === 'br') return <br />;
  return (
    <Dynamic
      component={ELEMENTS[piece.tag]}
      class={`words__${piece.tag}`}
      // As properties: the CSP lets no attribute set a style.
      ref={(element: HTMLElement) => {
        if (piece.style?.color) element.style.color = readable(piece.style.color);
        if (piece.style?.align) element.style.textAlign = piece.style.align;
      }}
      {...(piece.href ? { href: piece.href, target: '_blank', rel: 'noopener noreferrer' } : {})}
    >
      <For each={piece.inside}>{(inner) => <Piece of={inner} />}</For>
    </Dynamic>
  );
}

/** The pure colours that forms are written with are hard to read in the sun and in the dark: ours stand for them. */
function readable(color: string): string {
  return OURS[color.toLowerCase()] ?? color;
}
const OURS: Record<string, string> = {
  red: 'var(--bad)', '#f00': 'var(--bad)', '#ff0000': 'var(--bad)',
  green: 'var(--good)', '#0f0': 'var(--good)', '#00ff00': 'var(--good)', lime: 'var(--good)', '#008000': 'var(--good)',
  orange: 'var(--warn)', yellow: 'var(--warn)', '#ffa500': 'var(--warn)', '#ff0': 'var(--warn)', '#ffff00': 'var(--warn)',
  blue: 'var(--strong)', '#00f': 'var(--strong)', '#0000ff': 'var(--strong)', black: 'var(--ink)', '#000': 'var(--ink)', '#000000': 'var(--ink)',
  gray: 'var(--ink-soft)', grey: 'var(--ink-soft)', '#808080': 'var(--ink-soft)', white: 'var(--ink)', '#fff': 'var(--ink)', '#ffffff': 'var(--ink)',
};

