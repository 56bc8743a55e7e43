// Ids that two phones without a network agree on: a household's comes from its door, everything else is random and sorted by time.
import { monotonicFactory } from 'ulid';

export interface Address {
  place: string; // id of the area that addresses are told apart in
  building: string;
  unit: string;
  room: string;
  ordinal?: number; // 1 unless a second family lives at the same door
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
const KEY_LENGTH = 26;

const ulid = monotonicFactory(); // two ids of the same millisecond keep their order
let householdKey: CryptoKey | null = null;

/** The deployment's key, handed out at sign-in. */
export async function useHouseholdKey(key: string): Promise<void> {
  householdKey = await importKey(key);
}

/** "household:…" of this door. Needs the key of the session (useHouseholdKey). */
export async function householdId(address: Address): Promise<string> {
  if (!householdKey) throw new Error('householdId before sign-in');
  return deriveHouseholdId(householdKey, address);
}

export async function deriveHouseholdId(key: CryptoKey, address: Address): Promise<string> {
  const door = [address.place, address.building, address.unit, address.room, String(address.ordinal ?? 1)].map(plain).join('|');
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(door)));
  return `household:${base32(mac).slice(0, KEY_LENGTH)}`;
}

export function importKey(key: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', new TextEncoder().encode(key), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
}

export const newId = (): string => ulid();
export const newPersonId = (): string => `person:${ulid()}`;
export const newCaseId = (): string => `quarantine_case:${ulid()}`;
export const newSubmissionId = (): string => `submission:${ulid()}`;

const plain = (part: string): string => part.normalize('NFKC').trim();

function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32[(value >> bits) & 31];
    }
  }
  return bits > 0 ? text + BASE32[(value << (5 - bits)) & 31] : text;
}
