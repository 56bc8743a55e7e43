import { expect, test } from 'vitest';
import type { FormField } from '../data/documents.ts';
import { Audit, type AuditEvent, auditField, rootOf } from './audit.ts';

const field = (parameters: Record<string, string>): FormField => ({ name: 'audit', path: '/meta/audit', type: 'hidden', label: null, preload: 'audit', parameters });

function log(parameters: Record<string, string>, events: AuditEvent[] = []) {
  let time = 1_000;
  return { audit: new Audit(field(parameters), 'data', () => (time += 500), events), events };
}

test('a screen that was seen is one line for each of its questions, and one for all of them together', () => {
  const { audit } = log({});
  audit.happened('form start');
  audit.shown('/members/0', [{ path: '/members/0/name', text: '' }, { path: '/members/0/age', text: '' }]);
  audit.left([{ path: '/members/0/name', text: '何' }, { path: '/members/0/age', text: '' }]);
  audit.happened('form finalize');
  expect(audit.csv('w1')).toBe(
    ['event,node,start,end', 'form start,,1500,', 'group questions,/data/members[1],2000,2500', 'question,/data/members[1]/name,2000,2500', 'question,/data/members[1]/age,2000,2500', 'form finalize,,3000,', ''].join('\n'),
  );
});

test('what changed, who changed it and where, when the form asks for it; a position that is too old is none', () => {
  const { audit } = log({ 'location-priority': 'balanced', 'location-min-interval': '10', 'location-max-age': '1', 'track-changes': 'true', 'identify-user': 'true' });
  expect(audit.location).toEqual({ interval: 10, age: 1, accurate: false });
  audit.isAt({ latitude: 29.84, longitude: 114.32, accuracy: 12, taken: 1_600 });
  audit.shown('/a', [{ path: '/a', text: 'one' }]);
  audit.left([{ path: '/a', text: 'say "two", please' }]);
  audit.isAt({ latitude: 29.84, longitude: 114.32, accuracy: 12, taken: 0 });
  audit.happened('form exit');
  expect(audit.csv('w1')).toBe(
    ['event,node,start,end,latitude,longitude,accuracy,old-value,new-value,user', 'question,/data/a,1500,2000,29.84,114.32,12,one,"say ""two"", please",w1', 'form exit,,2500,,,,,,,w1', ''].join('\n'),
  );
});

test('a log goes on from its draft', () => {
  const before = log({});
  before.audit.happened('form start');
  const again = log({}, before.audit.kept());
  again.audit.happened('form resume');
  expect(again.audit.csv('').split('\n').slice(1, 3).map((line) => line.split(',')[0])).toEqual(['form start', 'form resume']);
});

test('the log is asked for in the group meta, and nodes begin with what the form calls its root', () => {
  expect(auditField({ fields: [{ name: 'meta', path: '/meta', type: 'group', label: null, fields: [field({})] }] })?.path).toBe('/meta/audit');
  expect(auditField({ fields: [] })).toBeNull();
  expect(rootOf('<model><instance><visit id="a"><x/></visit></instance></model>')).toBe('visit');
});
