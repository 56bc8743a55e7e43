// @vitest-environment jsdom
// Every question type of text and choice on ODK's real engine, through the adapter. See engine.test.ts for the two names that the engine wants in Node.
// @ts-expect-error: the app itself has no types of Node
import { createRequire } from 'node:module';
import { beforeAll, describe, expect, test } from 'vitest';
import type { FormDocument, FormField } from '../data/documents.ts';
import { answersOf } from './answers.ts';
import type { Instance, Surroundings } from './engine.ts';
import type { Group, Question } from './items.ts';
import { textOfMarkup } from './markup.ts';

let openForm: typeof import('./engine.ts').openForm;

beforeAll(async () => {
  Object.assign(globalThis, { require: createRequire(import.meta.url), __dirname: '.' });
  ({ openForm } = await import('./engine.ts'));
}, 60_000);

interface Sheet {
  /** one line a question: its bind's attributes and its control */
  questions: Record<string, { bind: string; control?: string; start?: string; type?: FormField['type'] }>;
  itext?: string;
  instances?: string;
  actions?: string;
}
let forms = 0;
function form({ questions, itext = '', instances = '', actions = '' }: Sheet): FormDocument {
  const names = Object.keys(questions);
  const xform = `<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa" xmlns:odk="http://www.opendatakit.org/xforms" xmlns:ev="http://www.w3.org/2001/xml-events">
<h:head><h:title>t</h:title><model odk:xforms-version="1.0.0"><itext>${itext || '<translation lang="zh"/>'}</itext>
<instance><data id="t" version="1">${names.map((name) => `<${name}>${questions[name]!.start ?? ''}</${name}>`).join('')}<meta><instanceID/></meta></data></instance>${instances}
${names.map((name) => `<bind nodeset="/data/${name}" ${questions[name]!.bind}/>`).join('')}<bind nodeset="/data/meta/instanceID" type="string" jr:preload="uid"/>${actions}
</model></h:head><h:body>${names.map((name) => questions[name]!.control ?? '').join('')}</h:body></h:html>`;
  const fields: FormField[] = names.map((name) => ({ name, path: `/${name}`, type: questions[name]!.type ?? 'text', label: null }));
  return { _id: `form:t:${(forms += 1)}`, type: 'form', form: 't', version: '1', title: { zh: 't', en: 't' }, languages: [], xform, fields, entities: [], starts_from: null, current: true };
}
const open = async (sheet: Sheet, around: Surroundings = {}) => (await openForm(form(sheet), around)).start({});
const asked = (instance: Instance, name: string) => instance.find(`/${name}`) as Question;
const list = (id: string, values: readonly string[]) => `<instance id="${id}"><root>${values.map((value) => `<item><name>${value}</name><label>${value} 号</label></item>`).join('')}</root></instance>`;
const itemset = (id: string, where = '') => `<itemset nodeset="instance('${id}')/root/item${where}"><value ref="name"/><label ref="label"/></itemset>`;

describe('a range', () => {
  const sheet: Sheet = { questions: { pain: { bind: 'type="decimal"', control: '<range ref="/data/pain" start="-1" end="1" step="0.5"><label>疼</label></range>', type: 'decimal' } } };

  test('says its ends and its step, and takes what lies between', async () => {
    const instance = await open(sheet);
    expect(asked(instance, 'pain').range).toEqual({ start: -1, end: 1, step: 0.5 });
    expect(instance.answer(asked(instance, 'pain'), '-0.5')).toBeNull();
    expect(instance.xml()).toContain('<pain>-0.5</pain>');
    expect(instance.answer(asked(instance, 'pain'), '')).toBeNull();
    expect(asked(instance, 'pain').text()).toBe('');
  });

  test('what lies beyond is refused aloud: the engine would make it blank', async () => {
    const instance = await open(sheet);
    expect(instance.answer(asked(instance, 'pain'), '2')).toEqual({ problem: 'not_taken' });
  });
});

describe('a rank', () => {
  const sheet: Sheet = { questions: { ranked: { bind: 'type="odk:rank"', control: `<odk:rank ref="/data/ranked"><label>排</label>${itemset('fruit')}</odk:rank>`, type: 'rank' } }, instances: list('fruit', ['a', 'b', 'c']) };

  test('is an order of all choices, and outlives a restore', async () => {
    const engine = await openForm(form(sheet));
    const instance = engine.start({});
    expect(asked(instance, 'ranked').choices().map((choice) => choice.label)).toEqual(['a 号', 'b 号', 'c 号']);
    expect(instance.answer(asked(instance, 'ranked'), 'c a b')).toBeNull();
    const restored = await engine.restore(instance.xml());
    expect(asked(restored, 'ranked').text()).toBe('c a b');
    expect(restored.answer(asked(restored, 'ranked'), '')).toBeNull();
  });

  test('an order that leaves one out is refused with the engine’s reason, not lost', async () => {
    const instance = await open(sheet);
    expect(instance.answer(asked(instance, 'ranked'), 'c a')).toMatchObject({ problem: 'engine' });
    expect(instance.answer(asked(instance, 'ranked'), 'c a x')).toEqual({ problem: 'no_choice' });
  });
});

describe('long lists', () => {
  const CSV = `code,name,town\n${Array.from({ length: 5000 }, (_, number) => `v${number},第${number}村,t${number % 10}`).join('\n')}\n`;
  const file = async (name: string) => (name === 'villages.csv' ? new (createRequire(import.meta.url)('node:buffer').Blob)([CSV], { type: 'text/csv' }) : null);
  const sheet: Sheet = {
    questions: {
      village: { bind: 'type="string" required="true()"', control: `<select1 ref="/data/village" appearance="autocomplete"><label>村</label><itemset nodeset="instance('villages')/root/item"><value ref="code"/><label ref="name"/></itemset></select1>`, type: 'select_one' },
      several: { bind: 'type="string"', control: `<select ref="/data/several"><label>村</label><itemset nodeset="instance('villages')/root/item"><value ref="code"/><label ref="name"/></itemset></select>`, type: 'select_multiple' },
      near: { bind: 'type="string"', control: `<select1 ref="/data/near"><label>近</label><itemset nodeset="instance('villages')/root/item[town = /data/town]"><value ref="code"/><label ref="name"/></itemset></select1>`, type: 'select_one' },
      town: { bind: 'type="string" calculate="instance(\'villages\')/root/item[code = /data/village]/town"', type: 'calculate' },
    },
    instances: '<instance id="villages" src="jr://file-csv/villages.csv"/>',
  };

  test('five thousand choices of a file are all there; other lists and calculations look into the same file', async () => {
    const instance = await open(sheet, { file });
    expect(asked(instance, 'village').choices()).toHaveLength(5000);
    expect(asked(instance, 'village').appearance.has('autocomplete')).toBe(true);
    expect(asked(instance, 'village').violation()).toMatchObject({ rule: 'required' });
    expect(instance.answer(asked(instance, 'village'), 'v4321')).toBeNull();
    expect(instance.xml()).toContain('<town>t1</town>');
    expect(asked(instance, 'near').choices()).toHaveLength(500);
    expect(instance.answer(asked(instance, 'several'), 'v1 v2')).toBeNull();
    expect(answersOf(instance.xml(), [{ name: 'several', path: '/several', type: 'select_multiple', label: null }]).several).toEqual(['v1', 'v2']);
  });

  test('what the file does not have is no choice', async () => {
    const instance = await open(sheet, { file });
    expect(instance.answer(asked(instance, 'village'), 'v5000')).toEqual({ problem: 'no_choice' });
    expect(instance.answer(asked(instance, 'several'), 'v1 x')).toEqual({ problem: 'no_choice' });
  });

  test('without the file the form opens all the same, and says which file is missing', async () => {
    const engine = await openForm(form(sheet), { file: async () => null });
    expect(engine.missing).toEqual(['villages.csv']);
    const instance = engine.start({});
    expect(asked(instance, 'village').choices()).toEqual([]);
    expect(instance.answer(asked(instance, 'village'), '')).toBeNull();
  });

  test('a list of the form itself has its words in the language shown, and its pictures', async () => {
    const words = (language: string, word: string) =>
      `<translation lang="${language}">${Array.from({ length: 300 }, (_, n) => `<text id="c${n}"><value>${word} ${n}</value>${n === 7 ? '<value form="image">jr://images/seven.png</value><value form="big-image">jr://images/seven-large.png</value>' : ''}</text>`).join('')}</translation>`;
    const instance = await open({
      questions: { number: { bind: 'type="string"', control: `<select1 ref="/data/number"><label>x</label><itemset nodeset="instance('n')/root/item"><value ref="name"/><label ref="jr:itext(itextId)"/></itemset></select1>`, type: 'select_one' } },
      itext: words('中文 (zh)', '第') + words('English (en)', 'Number'),
      instances: `<instance id="n"><root>${Array.from({ length: 300 }, (_, n) => `<item><itextId>c${n}</itextId><name>n${n}</name></item>`).join('')}</root></instance>`,
    });
    const seventh = () => asked(instance, 'number').choices()[7]!;
    expect([seventh().value, seventh().label, seventh().media('image'), seventh().media('big-image')]).toEqual(['n7', '第 7', 'seven.png', 'seven-large.png']);
    instance.setLanguage('en');
    expect(seventh().label).toBe('Number 7');
  });
});

describe('choices', () => {
  test('a cascade follows the choice before it', async () => {
    const instance = await open({
      questions: {
        province: { bind: 'type="string"', control: `<select1 ref="/data/province"><label>省</label>${itemset('p')}</select1>`, type: 'select_one' },
        city: { bind: 'type="string"', control: `<select1 ref="/data/city"><label>市</label>${itemset('c', '[province = /data/province]')}</select1>`, type: 'select_one' },
      },
      instances: `${list('p', ['hubei', 'hunan'])}<instance id="c"><root><item><name>wuhan</name><label>武汉</label><province>hubei</province></item><item><name>changsha</name><label>长沙</label><province>hunan</province></item></root></instance>`,
    });
    expect(asked(instance, 'city').choices()).toEqual([]);
    instance.answer(asked(instance, 'province'), 'hubei');
    expect(asked(instance, 'city').choices().map((choice) => choice.label)).toEqual(['武汉']);
    expect(instance.answer(asked(instance, 'city'), 'changsha')).toEqual({ problem: 'no_choice' });
  });

  test('a choice whose bind says that it is a number is a choice all the same', async () => {
    const instance = await open({ questions: { one: { bind: 'type="int"', control: `<select1 ref="/data/one"><label>x</label>${itemset('n')}</select1>`, type: 'select_one' } }, instances: list('n', ['1', '2']) });
    expect(instance.answer(asked(instance, 'one'), '2')).toBeNull();
  });

  test('a list shuffled with a seed has all its choices, in one order', async () => {
    const sheet: Sheet = { questions: { one: { bind: 'type="string"', control: `<select1 ref="/data/one"><label>x</label><itemset nodeset="randomize(instance('n')/root/item, 42)"><value ref="name"/><label ref="label"/></itemset></select1>`, type: 'select_one' } }, instances: list('n', ['1', '2', '3', '4', '5']) };
    const order = async () => asked(await open(sheet), 'one').choices().map((choice) => choice.value);
    expect([...(await order())].sort()).toEqual(['1', '2', '3', '4', '5']);
    expect(await order()).toEqual(await order());
  });
});

describe('what is uploaded or walked is text to the engine', () => {
  const upload = (name: string, mediatype: string) => `<upload ref="/data/${name}" mediatype="${mediatype}"><label>x</label></upload>`;
  test.each([
    ['a sound', 'type="binary"', upload('q', 'audio/*'), 'sound-01.ogg'],
    ['a film', 'type="binary"', upload('q', 'video/*'), 'film-01.mp4'],
    ['a file', 'type="binary"', upload('q', 'application/*'), 'paper-01.pdf'],
    ['a bar code', 'type="barcode"', '<input ref="/data/q"><label>x</label></input>', '6901234 567892'],
    ['a line of one point so far', 'type="geotrace"', '<input ref="/data/q"><label>x</label></input>', '29.8 114.3 0 5'],
    ['an area that is not closed yet', 'type="geoshape"', '<input ref="/data/q"><label>x</label></input>', '29.8 114.3 0 5;29.9 114.3 0 5'],
  ])('%s is kept as it is, restored, and taken away', async (_, bind, control, text) => {
    const engine = await openForm(form({ questions: { q: { bind, control } } }));
    const instance = engine.start({});
    expect(instance.answer(asked(instance, 'q'), text)).toBeNull();
    const restored = await engine.restore(instance.xml());
    expect(asked(restored, 'q').text()).toBe(text);
    expect(restored.answer(asked(restored, 'q'), '')).toBeNull();
    expect(restored.xml()).not.toContain(text);
  });
});

describe('what the form fills in itself', () => {
  test('metadata: the device and the user name are the session’s', async () => {
    const property = (name: string) => ({ bind: `type="string" jr:preload="property" jr:preloadParams="${name}"`, type: 'hidden' as const });
    const instance = await open(
      { questions: { deviceid: property('deviceid'), username: property('username'), start: { bind: 'type="dateTime" jr:preload="timestamp" jr:preloadParams="start"', type: 'hidden' } } },
      { device: 'd-7f3a0001', username: 'wangfang' },
    );
    expect(instance.xml()).toContain('<deviceid>d-7f3a0001</deviceid><username>wangfang</username>');
    expect(instance.xml()).toMatch(/<start>\d{4}-\d\d-\d\dT/);
  });

  test('a dynamic default, and a question that may only be read', async () => {
    const instance = await open({
      questions: { fixed: { bind: 'type="string" readonly="true()"', control: '<input ref="/data/fixed"><label>x</label></input>', start: '照旧' }, length: { bind: 'type="string"', control: '<input ref="/data/length"><label>x</label></input>' } },
      actions: '<setvalue event="odk-instance-first-load" ref="/data/length" value="string-length(/data/fixed)"/>',
    });
    expect([asked(instance, 'fixed').readonly(), asked(instance, 'fixed').text(), asked(instance, 'length').text(), asked(instance, 'length').readonly()]).toEqual([true, '照旧', '2', false]);
  });

  test('a value that another answer triggers', async () => {
    const instance = await open({
      questions: {
        dose: { bind: 'type="int"', control: '<input ref="/data/dose"><label>x</label><setvalue event="xforms-value-changed" ref="/data/double" value="/data/dose * 2"/></input>', type: 'integer' },
        double: { bind: 'type="int"', type: 'calculate' },
      },
    });
    instance.answer(asked(instance, 'dose'), '21');
    expect(instance.xml()).toContain('<double>42</double>');
  });
});

describe('words', () => {
  const itext = (language: string, [label, hint, guidance, message]: [string, string, string, string]) =>
    `<translation lang="${language}"><text id="label"><value>${label}</value><value form="image">jr://images/door.png</value><value form="audio">jr://audio/door.mp3</value></text><text id="hint"><value>${hint}</value><value form="guidance">${guidance} <output value="/data/name"/></value></text><text id="wrong"><value>${message} <output value="/data/name"/></value></text></translation>`;
  const sheet: Sheet = {
    questions: {
      name: { bind: 'type="string"', control: '<input ref="/data/name"><label>x</label></input>' },
      age: { bind: 'type="int" constraint=". &lt; 150" jr:constraintMsg="jr:itext(\'wrong\')"', control: '<input ref="/data/age"><label ref="jr:itext(\'label\')"/><hint ref="jr:itext(\'hint\')"/></input>', type: 'integer' },
    },
    itext: itext('中文 (zh)', ['**年龄**', '周岁', '问', '太大了：']) + itext('English (en)', ['**Age**', 'In years', 'Ask', 'Too old:']) + itext('ئۇيغۇرچە (ug)', ['**ياش**', 'ياش', 'سوراڭ', 'چوڭ:']),
  };

  test('a form of three languages is shown in each of them: label, hint, guidance and message, references filled in', async () => {
    const instance = await open(sheet);
    expect(instance.languages).toEqual([
      { code: 'zh', name: '中文' },
      { code: 'en', name: 'English' },
      { code: 'ug', name: 'ئۇيغۇرچە' },
    ]);
    instance.answer(asked(instance, 'name'), '何伶俐');
    instance.answer(asked(instance, 'age'), '200');
    const shown = () => {
      const question = asked(instance, 'age');
      return [textOfMarkup(question.markup()), textOfMarkup(question.hint()), textOfMarkup(question.guidance()), question.violation()!.message];
    };
    expect(shown()).toEqual(['年龄', '周岁', '问 何伶俐', '太大了： 何伶俐']);
    instance.setLanguage('ug');
    expect(instance.language()).toBe('ug');
    expect(shown()).toEqual(['ياش', 'ياش', 'سوراڭ 何伶俐', 'چوڭ: 何伶俐']);
    instance.setLanguage('en');
    expect(shown()).toEqual(['Age', 'In years', 'Ask 何伶俐', 'Too old: 何伶俐']);
    expect(asked(instance, 'age').text()).toBe('200');
  });

  test('Markdown is read, what stands beside the words is named', async () => {
    const instance = await open(sheet);
    expect(asked(instance, 'age').markup()).toEqual([{ tag: 'strong', inside: ['年龄'] }]);
    expect([asked(instance, 'age').media('image'), asked(instance, 'age').media('audio'), asked(instance, 'age').media('video')]).toEqual(['door.png', 'door.mp3', '']);
  });
});

test('the grid of a table-list has its label, and its lines only', async () => {
  const engine = await openForm({
    ...form({ questions: { grid: { bind: '' } } }),
    xform: form({ questions: {} }).xform
      .replace('<meta>', '<grid><generated_table_list_label_1/><reserved_name_for_field_list_labels_2/><clean/></grid><meta>')
      .replace('</h:body>', `<group ref="/data/grid" appearance="field-list"><input ref="/data/grid/generated_table_list_label_1"><label>表格</label></input><select1 appearance="label" ref="/data/grid/reserved_name_for_field_list_labels_2"><label> </label><item><label>是</label><value>y</value></item></select1><select1 appearance="list-nolabel" ref="/data/grid/clean"><label>干净</label><item><label>是</label><value>y</value></item></select1></group></h:body>`)
      .replace('<bind nodeset="/data/meta', '<bind nodeset="/data/grid/generated_table_list_label_1" readonly="true()" type="string"/><bind nodeset="/data/grid/reserved_name_for_field_list_labels_2" type="string"/><bind nodeset="/data/grid/clean" type="string"/><bind nodeset="/data/meta'),
  });
  const grid = engine.start({}).find('/grid') as Group;
  expect(grid.label()).toBe('表格');
  expect(grid.items().map((item) => item.name)).toEqual(['clean']);
});

test('an answer that makes the engine throw is refused with the engine’s own reason, and the answers before and after it are kept', async () => {
  const instance = await open({
    questions: {
      before: { bind: 'type="string"', control: '<input ref="/data/before"><label>x</label></input>' },
      pattern: { bind: 'type="string"', control: '<input ref="/data/pattern"><label>x</label></input>' },
      fits: { bind: 'type="string" calculate="regex(/data/before, /data/pattern)"', type: 'calculate' },
      after: { bind: 'type="string"', control: '<input ref="/data/after"><label>x</label></input>' },
    },
  });
  expect(instance.answer(asked(instance, 'before'), '甲')).toBeNull();
  expect(instance.answer(asked(instance, 'pattern'), '(')).toMatchObject({ problem: 'engine', reason: expect.stringContaining('Unterminated group') });
  expect(instance.answer(asked(instance, 'after'), '乙')).toBeNull();
  expect(instance.xml()).toContain('<before>甲</before>');
  expect(instance.xml()).toContain('<after>乙</after>');
});
