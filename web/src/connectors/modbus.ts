import { texts } from '../messages';
import { durationColumn, flagColumn, numberColumn, textColumn, wordColumn, type Column } from '../edit/column';
import { kOrders } from '../edit/tag_columns';

const t = () => texts.connectors.keys;

/** A whole number within limits; empty means the default. */
function wholeColumn(key: keyof typeof texts.connectors.keys & string, low: number, high: number, standard: string): Column {
  return numberColumn({
    key, title: () => t()[key], width: 100, hint: () => texts.connectors.standard(standard),
    check: (text) => (text === '' || (/^\d+$/.test(text) && Number(text) >= low && Number(text) <= high) ? '' : texts.connectors.between(low, high)),
  });
}

/** The settings of a Modbus connector, and of each of its devices. */
export const kDeviceSettings: readonly Column[] = [
  textColumn({ key: 'host', title: () => t().host, width: 180, hint: () => texts.connect.hostHint }),
  wholeColumn('port', 1, 65535, '502'),
  wholeColumn('unit', 0, 255, '1'),
  durationColumn({ key: 'timeout', title: () => t().timeout, width: 100, hint: () => texts.connectors.standard('1s') }),
  durationColumn({ key: 'period', title: () => t().period, width: 100, hint: () => texts.connectors.standard('1s') }),
  wordColumn({ key: 'order', title: () => t().order, width: 100, words: kOrders, hint: () => texts.connectors.standard('ABCD') }),
  wholeColumn('base', 0, 1, '0'),
  wholeColumn('max_registers', 1, 125, '125'),
  wholeColumn('hole', 0, 125, '8'),
];

export const kEnabled: Column = flagColumn({
  key: 'enabled', title: () => t().enabled, width: 100,
  read: (body) => (body.enabled === false ? '' : 'true'),
  write: (body, text) => {
    const { enabled: _, ...rest } = body;
    return text === 'true' ? rest : { ...rest, enabled: false };
  },
});
