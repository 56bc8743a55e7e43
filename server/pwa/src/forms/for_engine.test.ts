import { expect, test } from 'vitest';
import { fileName, filesNamedIn, forEngine, piecesOf } from './for_engine.ts';

test.each([
  ['an upload is text', '<bind nodeset="/a" type="binary"/><upload ref="/a"><label>x</label></upload>', '<bind nodeset="/a" type="string"/><input ref="/a"><label>x</label></input>'],
  ['a line and an area are text', '<bind nodeset="/a" type="geotrace"/><bind type="geoshape" nodeset="/b"/>', '<bind nodeset="/a" type="string"/><bind type="string" nodeset="/b"/>'],
  ['a number stays a number', '<bind nodeset="/a" type="int"/><input ref="/a"/>', '<bind nodeset="/a" type="int"/><input ref="/a"/>'],
  ['a choice of numbers is text', '<bind nodeset="/a" type="int"/><select1 appearance="quick" ref="/a"/>', '<bind nodeset="/a" type="string"/><select1 appearance="quick" ref="/a"/>'],
  ['a form of words that nobody reads is left out', '<value>长</value><value form="short">短</value><value form="image">jr://images/a.png</value>', '<value>长</value><value form="image">jr://images/a.png</value>'],
])('%s', (_, xform, wanted) => {
  expect(forEngine(xform)).toBe(wanted);
});

test('guidance and the large picture are taken apart from the words again', () => {
  const marked = forEngine('<value>提示</value><value form="guidance">先看</value><value form="big-image">jr://images/b.png</value>');
  const pieces = [...marked.matchAll(/<value>(.*?)<\/value>/g)].map((match) => ({ asString: match[1]! }));
  const text = (what: Parameters<typeof piecesOf>[1]) =>
    piecesOf(pieces, what)
      .map((piece) => piece.asString)
      .join('');
  expect([text(null), text('guidance'), text('big-image')]).toEqual(['提示', '先看', 'jr://images/b.png']);
});

test('a picture of one language stands in the others too', () => {
  const texts = (...values: string[]) => values.map((value, number) => `<translation lang="l${number}"><text id="a"><value>x</value>${value}</text><text id="b"><value>y</value></text></translation>`).join('');
  const [cat, chat] = ['<value form="image">jr://images/cat.png</value>', '<value form="image">jr://images/chat.png</value>'];
  expect(forEngine(texts(cat, ''))).toBe(texts(cat, cat));
  expect(forEngine(texts(cat, chat))).toBe(texts(cat, chat));
});

test('the files that a form names, once each', () => {
  const xform = '<instance id="v" src="jr://file-csv/villages.csv"/><value form="image">jr://images/a.png</value><value form="image">jr://images/a.png</value><instance src="jr://instance/last-saved"/>';
  expect(filesNamedIn(xform)).toEqual(['villages.csv', 'a.png']);
  expect(fileName('jr://images/%E9%97%A8.png')).toBe('门.png');
});
