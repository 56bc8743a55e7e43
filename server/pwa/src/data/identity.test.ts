import { expect, test } from 'vitest';
import cases from '../../../../tests/data/household_ids.json';
import { deriveHouseholdId, importKey } from './identity.ts';

test.each(cases.cases)('$why: $building/$unit/$room', async ({ id, why: _why, ...address }) => {
  expect(await deriveHouseholdId(await importKey(cases.key), address)).toBe(id);
});
