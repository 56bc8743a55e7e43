// Whether a file is one of those that `accept` names, as HTML has it: ".pdf", "image/*", "application/pdf", several with commas. Pure.

export function accepts(accept: string | undefined, file: { name: string; type: string }): boolean {
  const wanted = (accept ?? '').split(',').map((each) => each.trim().toLowerCase()).filter(Boolean);
  if (wanted.length === 0) return true;
  const [name, type] = [file.name.toLowerCase(), file.type.split(';')[0]!.toLowerCase()];
  return wanted.some((each) => (each.startsWith('.') ? name.endsWith(each) : each.endsWith('/*') ? type.startsWith(each.slice(0, -1)) : each === type || each === '*'));
}
