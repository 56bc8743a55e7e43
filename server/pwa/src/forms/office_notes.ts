// What the office said about a submission that is mended: its rules' findings and a person's comments, by path.
import type { Text } from '../data/documents.ts';
import type { FormScreenProps } from '../forms-contract.ts';

/** What the office found at this path, in both languages or as a person wrote it. */
export interface OfficeNote {
  path: string;
  text: Text;
  by: string | null;
}

export function notesOf(fix: FormScreenProps['fix']): OfficeNote[] {
  if (!fix?.receipt) return [];
  const problems = (fix.receipt.problems ?? []).map(({ path, message }) => ({ path, text: message, by: null }));
  const comments = (fix.receipt.comments ?? []).map(({ path, text, by }) => ({ path: path ?? '', text: { zh: text, en: text }, by }));
  return [...problems, ...comments];
}
