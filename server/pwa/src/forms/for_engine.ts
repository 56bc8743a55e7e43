// What ODK's engine (0.22) would lose or refuse in an XForm, said in words that it keeps. Pure text to text: the one place where the two differ.
//
// - `<upload>`, geotrace, geoshape and barcode become text. Its own uploads lose their file when an instance is restored, and cannot be emptied again;
//   a line of one point, or an area that is not closed yet, becomes blank without a word.
// - A choice whose bind says `int` or the like is refused by it with the whole form: a choice is text.
// - A picture that stands in one language only is shown in all, as ODK Collect does.
// - In a translation it reads guidance and the large picture as more words of the hint and the label. Each gets a mark (Marked), and the
//   adapter takes them apart again, so that references in them are filled in and the language is the one shown.

/** Stands before what is no part of the words, and says what it is. From Unicode's private use area: no form's own words have it. */
export const MARK = '\ue000';
const MARKS = { guidance: 'g', 'big-image': 'b' } as const;
export type Marked = keyof typeof MARKS;

const TEXT_TYPES: ReadonlySet<string> = new Set(['binary', 'geotrace', 'geoshape', 'barcode']);

// In well-formed XML no text can hold what these look for: "<" is escaped in it.
export function forEngine(xform: string): string {
  const choices = new Set([...xform.matchAll(/<select1?\b[^>]*?\bref="([^"]*)"/g)].map((match) => match[1]!));
  return withMediaOfAllLanguages(xform)
    .replace(/<(\/?)upload\b/g, '<$1input')
    .replace(/<bind\b[^>]*>/g, (bind) => {
      const type = /\btype="([^"]*)"/.exec(bind)?.[1];
      const nodeset = /\bnodeset="([^"]*)"/.exec(bind)?.[1];
      if (type === undefined || type === 'string' || !(TEXT_TYPES.has(type) || choices.has(nodeset ?? ''))) return bind;
      return bind.replace(/(\btype=)"[^"]*"/, '$1"string"');
    })
    .replace(/<value form="(guidance|big-image)">/g, (_, form: Marked) => `<value>${MARK}${MARKS[form]}`)
    .replace(/<value form="(?!image"|audio"|video")[^"]*">[\s\S]*?<\/value>/g, '');
}

const MEDIA = /<value form="(image|big-image|audio|video)">[^<]*<\/value>/g;

function withMediaOfAllLanguages(xform: string): string {
  const known = new Map<string, Map<string, string>>();
  const text = /<text id="([^"]*)">([\s\S]*?)<\/text>/g;
  if (xform.search(MEDIA) < 0) return xform;
  for (const [, id, values] of xform.matchAll(text))
    for (const [value, form] of values!.matchAll(MEDIA)) {
      const forms = known.get(id!) ?? new Map<string, string>();
      if (!forms.has(form!)) forms.set(form!, value);
      known.set(id!, forms);
    }
  return xform.replace(text, (whole, id: string, values: string) => {
    const wanting = [...(known.get(id) ?? [])].filter(([form]) => !values.includes(`form="${form}"`));
    return wanting.length === 0 ? whole : `<text id="${id}">${values}${wanting.map(([, value]) => value).join('')}</text>`;
  });
}

/** The pieces of some words that are the words themselves (`what` null), or that are marked as this. A marked piece starts with its mark. */
export function piecesOf<Piece extends { asString: string }>(pieces: Iterable<Piece>, what: Marked | null): (Piece | { source: 'literal'; asString: string })[] {
  const found: (Piece | { source: 'literal'; asString: string })[] = [];
  let now: string | null = null;
  for (const piece of pieces) {
    const text = piece.asString;
    if (text.startsWith(MARK)) {
      now = text[1]!;
      if (what !== null && now === MARKS[what]) found.push({ source: 'literal', asString: text.slice(2) });
    } else if (what === null ? now === null : now === MARKS[what]) found.push(piece);
  }
  return found;
}

/** jr://images/door.png → door.png; "" when it names no file. */
export function fileName(address: string): string {
  return decodeURIComponent(/^jr:\/\/.*?([^/]+)$/.exec(address.trim())?.[1] ?? '');
}

/** Every file that the form names beside itself, once each. */
export function filesNamedIn(xform: string): string[] {
  const addresses = [...xform.matchAll(/\bjr:\/\/[\w-]+\/(?:[^"<>\s]+\/)?([^"<>\s/]+)/g)].map((match) => fileName(match[0]));
  return [...new Set(addresses)].filter((name) => name !== 'last-saved');
}
