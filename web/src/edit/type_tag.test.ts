import { expect, it } from 'vitest';
import { bodyOfTypeTag } from './type_tag';

it('the body of a tag that a type makes has the keys of the type and the override, with the values of the tag', () => {
  const tag = {
    id: 7, path: '/Plant/Pump1/Motor/Current', type: 'float', unit: 'A', object: '/Plant/Pump1', object_type: 'Pump', stale_after: 1.5, range: [0, 45] as [number, number],
    source: { connector: 'plc1', device: 'default', address: 'IR:102', dtype: 'float32', period: 0.5, scale: 1, offset: 0 },
  };
  const type = {
    parameters: { plc: 'string', base: 'int' },
    tags: { 'Motor/Current': { type: 'float', unit: 'A', description: 'Of the motor', range: [0, 30], source: { connector: '{plc}', address: 'IR:{base+2}', dtype: 'float32', period: '500ms' } } },
  };
  expect(bodyOfTypeTag(tag, type, { 'Motor/Current': { range: [0, 45], description: null } })).toEqual({
    type: 'float', unit: 'A', range: [0, 45], source: { connector: 'plc1', address: 'IR:102', dtype: 'float32', period: '500ms' },
  });
});
