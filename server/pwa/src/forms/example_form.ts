// A small form for the tests: a group, a roster with a group in it, a rule, a calculation, a photo, usual answers. As the centre publishes it.
import type { FormDocument, FormField } from '../data/documents.ts';

const both = (zh: string, en: string) => ({ zh, en });
const yesNo = [
  { value: 'yes', label: both('是', 'Yes') },
  { value: 'no', label: both('否', 'No') },
];

const fields: FormField[] = [
  { name: 'household_id', path: '/household_id', type: 'hidden', value_type: 'text', label: null },
  {
    name: 'visit',
    path: '/visit',
    type: 'group',
    label: both('走访', 'Visit'),
    fields: [
      { name: 'outcome', path: '/visit/outcome', type: 'select_one', label: both('结果', 'Result'), choices: [{ value: 'done', label: both('完成', 'Done') }, { value: 'refused', label: both('拒绝', 'Refused') }] },
      { name: 'room', path: '/visit/room', type: 'text', label: both('室', 'Room'), prefill: true },
      { name: 'photo', path: '/visit/photo', type: 'image', label: both('照片', 'Photo') },
    ],
  },
  {
    name: 'members',
    path: '/members',
    type: 'repeat',
    label: both('成员', 'Members'),
    fields: [
      { name: 'person_id', path: '/members/person_id', type: 'hidden', value_type: 'text', label: null },
      { name: 'name', path: '/members/name', type: 'text', label: both('姓名', 'Name'), pii: 'name', prefill: true },
      {
        name: 'health',
        path: '/members/health',
        type: 'group',
        label: both('健康', 'Health'),
        fields: [
          { name: 'temperature', path: '/members/health/temperature', type: 'decimal', label: both('体温', 'Temperature') },
          { name: 'seen', path: '/members/health/seen', type: 'select_one', label: both('就医', 'Seen a doctor'), choices: yesNo },
          { name: 'symptoms', path: '/members/health/symptoms', type: 'select_multiple', label: both('症状', 'Symptoms'), usual: 'none', choices: [{ value: 'none', label: both('无', 'None') }, { value: 'cough', label: both('咳', 'Cough') }] },
          { name: 'age', path: '/members/health/age', type: 'integer', label: both('年龄', 'Age') },
        ],
      },
    ],
  },
  { name: 'count', path: '/count', type: 'calculate', value_type: 'text', label: null },
];

const texts: Record<string, [string, string]> = {
  visit: ['走访', 'Visit'],
  outcome: ['结果', 'Result'],
  done: ['完成', 'Done'],
  refused: ['拒绝', 'Refused'],
  room: ['室', 'Room'],
  photo: ['照片', 'Photo'],
  members: ['成员', 'Members'],
  name: ['姓名', 'Name'],
  health: ['健康', 'Health'],
  temperature: ['体温', 'Temperature'],
  wrong: ['体温应在34到43之间', 'Temperature must be from 34 to 43'],
  seen: ['就医', 'Seen a doctor'],
  yes: ['是', 'Yes'],
  no: ['否', 'No'],
  symptoms: ['症状', 'Symptoms'],
  none: ['无', 'None'],
  cough: ['咳', 'Cough'],
  age: ['年龄', 'Age'],
};
const translation = (language: string, at: 0 | 1) =>
  `<translation lang="${language}">${Object.entries(texts)
    .map(([id, words]) => `<text id="${id}"><value>${words[at]}</value></text>`)
    .join('')}</translation>`;
const label = (id: string) => `<label ref="jr:itext('${id}')"/>`;
const item = (value: string) => `<item>${label(value)}<value>${value}</value></item>`;
const row = '<person_id/><name/><health><temperature/><seen/><symptoms/><age/></health>';

const xform = `<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa">
<h:head><h:title>例</h:title><model>
<itext>${translation('zh', 0)}${translation('en', 1)}</itext>
<instance><data id="example" version="1"><household_id/><visit><outcome/><room>1</room><photo/></visit>
<members jr:template="">${row}</members><members>${row}</members><count/><meta><instanceID/></meta></data></instance>
<bind nodeset="/data/household_id" type="string"/>
<bind nodeset="/data/visit/outcome" type="string" required="true()"/>
<bind nodeset="/data/visit/room" type="string"/>
<bind nodeset="/data/visit/photo" type="binary"/>
<bind nodeset="/data/members" relevant=" /data/visit/outcome = 'done'"/>
<bind nodeset="/data/members/person_id" type="string"/>
<bind nodeset="/data/members/name" type="string" required="true()"/>
<bind nodeset="/data/members/health/temperature" type="decimal" constraint=". &gt;= 34 and . &lt;= 43" jr:constraintMsg="jr:itext('wrong')"/>
<bind nodeset="/data/members/health/seen" type="string" required="true()" relevant=" ../temperature &gt;= 37.3"/>
<bind nodeset="/data/members/health/symptoms" type="string"/>
<bind nodeset="/data/members/health/age" type="int"/>
<bind nodeset="/data/count" type="string" calculate="count( /data/members )"/>
<bind nodeset="/data/meta/instanceID" type="string" readonly="true()" jr:preload="uid"/>
</model></h:head>
<h:body>
<input ref="/data/household_id" appearance="hidden">${label('room')}</input>
<group ref="/data/visit">${label('visit')}
<select1 ref="/data/visit/outcome">${label('outcome')}${item('done')}${item('refused')}</select1>
<input ref="/data/visit/room">${label('room')}</input>
<upload mediatype="image/*" ref="/data/visit/photo">${label('photo')}</upload></group>
<group ref="/data/members">${label('members')}<repeat nodeset="/data/members">
<input ref="/data/members/person_id" appearance="hidden">${label('name')}</input>
<input ref="/data/members/name">${label('name')}</input>
<group ref="/data/members/health">${label('health')}
<input ref="/data/members/health/temperature" appearance="temperature">${label('temperature')}</input>
<select1 ref="/data/members/health/seen">${label('seen')}${item('yes')}${item('no')}</select1>
<select ref="/data/members/health/symptoms">${label('symptoms')}${item('none')}${item('cough')}</select>
<input ref="/data/members/health/age">${label('age')}</input></group>
</repeat></group>
</h:body></h:html>`;

export const exampleForm: FormDocument = {
  _id: 'form:example:1',
  type: 'form',
  form: 'example',
  version: '1',
  title: both('例', 'Example'),
  languages: ['zh', 'en'],
  xform,
  fields,
  entities: [
    { kind: 'household', repeat: null, id: '/household_id', label: null, properties: { room: '/visit/room' } },
    { kind: 'person', repeat: '/members', id: '/members/person_id', label: null, properties: { name: '/members/name', temperature: '/members/health/temperature' } },
  ],
  starts_from: 'household',
  current: true,
};
